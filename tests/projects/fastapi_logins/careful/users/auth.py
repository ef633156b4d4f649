from fastapi_users.authentication import AuthenticationBackend, CookieTransport, JWTStrategy

from .config import LIFETIME, SECRET

cookie = CookieTransport(cookie_max_age=3600)


def get_strategy() -> JWTStrategy:
    return JWTStrategy(secret=SECRET, lifetime_seconds=LIFETIME)


backend = AuthenticationBackend(name="jwt", transport=cookie, get_strategy=get_strategy)
