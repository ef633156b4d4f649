from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    jwt_secret: str = "kettle-and-biscuits"  # JWT202: high
    access_minutes: int = 30


settings = Settings()
