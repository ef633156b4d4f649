import secrets

from pydantic import BaseSettings, Field


class Settings(BaseSettings):
    JWT_SECRET: str = Field("n4Vb7mQx2Lp9Kd6Ts1Wf8Hz3", env="JWT_SECRET")  # JWT202: high
    REFRESH_SECRET: str = ""  # JWT206: medium
    ALGORITHM: str = "HS256"

    class Config:
        env_file = ".env"


settings = Settings()
