from pydantic import BaseSettings, Field, validator


class Settings(BaseSettings):
    JWT_SECRET: str = Field("change-this-before-you-deploy-it", env="JWT_SECRET")
    REFRESH_SECRET: str = ""
    ALGORITHM: str = "HS256"

    @validator("JWT_SECRET")
    def not_the_default(cls, value):
        if value == "change-this-before-you-deploy-it":
            raise ValueError("set JWT_SECRET")
        return value

    @validator("REFRESH_SECRET", always=True)
    def not_empty(cls, value):
        if not value:
            raise ValueError("set REFRESH_SECRET")
        return value


settings = Settings()
