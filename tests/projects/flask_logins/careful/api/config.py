import os
from datetime import timedelta


class Base:
    JWT_SECRET_KEY = os.environ["JWT_SECRET_KEY"]
    JWT_TOKEN_LOCATION = ["cookies"]
    JWT_ACCESS_TOKEN_EXPIRES = timedelta(minutes=15)
    JWT_COOKIE_SAMESITE = "Lax"


class Production(Base):
    JWT_COOKIE_SECURE = True


configurations = {"production": Production}
