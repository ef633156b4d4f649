from fastapi_users.authentication import AuthenticationBackend, CookieTransport, JWTStrategy

from .config import LIFETIME, SECRET

cookie = CookieTransport(cookie_max_age=3600, cookie_secure=False, cookie_httponly=False)  # JWT502: high, JWT503: high


def get_strategy() -> JWTStrategy:
    return JWTStrategy(secret=SECRET, lifetime_seconds=LIFETIME)  # JWT301: high


backend = AuthenticationBackend(name="jwt", transport=cookie, get_strategy=get_strategy)
