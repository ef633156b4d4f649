from datetime import timedelta


class Base:
    JWT_SECRET_KEY = "pK4vZ8wLx2Qm7TcN1sRf6BhJ9dGyUe3A"  # JWT201: high
    JWT_TOKEN_LOCATION = ["cookies", "query_string"]  # JWT505: high
    JWT_ACCESS_TOKEN_EXPIRES = timedelta(days=90)  # JWT304: high


class Production(Base):
    JWT_COOKIE_SECURE = False  # JWT503: medium
    JWT_COOKIE_CSRF_PROTECT = False  # JWT510: high


configurations = {"production": Production}
