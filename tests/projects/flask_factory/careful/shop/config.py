import os


class Config:
    JWT_SECRET = os.environ.get("JWT_SECRET", "")
    JWT_ALGORITHM = "HS256"


class TestingConfig(Config):
    TESTING = True
    JWT_SECRET = "only-in-tests-only-in-tests-only"


class ProductionConfig(Config):
    DEBUG = False


config = {"production": ProductionConfig, "testing": TestingConfig}
