from functools import lru_cache

from pydantic import BaseModel, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class JWTSettings(BaseModel):
    secret: SecretStr
    algorithm: str = "HS256"
    minutes: int = 30


class SecuritySettings(BaseModel):
    jwt: JWTSettings


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_nested_delimiter="__")
    app_name: str = "orders"
    security: SecuritySettings


@lru_cache
def get_settings() -> Settings:
    return Settings()
