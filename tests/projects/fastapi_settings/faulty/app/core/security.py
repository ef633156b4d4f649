from datetime import datetime, timedelta, timezone

import jwt

from app.core.config import Settings


def create_access_token(user_id: str, settings: Settings) -> str:
    now = datetime.now(timezone.utc)
    claims = {"sub": user_id, "iat": now, "exp": now + timedelta(minutes=settings.security.jwt.minutes)}
    secret = settings.security.jwt.secret.get_secret_value()
    return jwt.encode(claims, secret, algorithm=settings.security.jwt.algorithm)


def read_access_token(token: str, settings: Settings) -> dict:
    return jwt.decode(
        token,
        settings.security.jwt.secret.get_secret_value(),
        algorithms=[settings.security.jwt.algorithm],
        options={"require": ["exp", "sub"]},
    )
