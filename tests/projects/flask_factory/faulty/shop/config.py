import os


class Config:
    JWT_SECRET = os.environ.get("JWT_SECRET") or "b7Gk2pXw9Rt4Lz8Qn5Vc1Jm6"  # JWT202: high
    JWT_ALGORITHM = "HS256"


class DevelopmentConfig(Config):
    DEBUG = True


class ProductionConfig(Config):
    DEBUG = False


config = {
    "development": DevelopmentConfig,
    "production": ProductionConfig,
    "default": DevelopmentConfig,
}
