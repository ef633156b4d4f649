from datetime import datetime, timedelta, timezone

from jose import jwt

from .settings import settings


def issue(user):
    expires = datetime.now(timezone.utc) + timedelta(minutes=settings.access_minutes)
    claims = {"sub": str(user.id), "exp": expires, "password": user.password_hash}  # JWT401: high
    return jwt.encode(claims, settings.jwt_secret, algorithm="HS256")


def subject(token):
    return jwt.get_unverified_claims(token)["sub"]  # JWT101: medium
