from datetime import datetime, timedelta, timezone

from jose import jwt

from .settings import settings


def access_token(subject: str) -> str:
    payload = {"sub": subject, "exp": datetime.now(timezone.utc) + timedelta(minutes=15)}
    return jwt.encode(payload, settings.JWT_SECRET, algorithm=settings.ALGORITHM)


def refresh_token(subject: str) -> str:
    payload = {"sub": subject, "type": "refresh", "exp": datetime.now(timezone.utc) + timedelta(days=7)}
    return jwt.encode(payload, settings.REFRESH_SECRET, algorithm=settings.ALGORITHM)
