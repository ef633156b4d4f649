from datetime import datetime, timedelta, timezone

from jose import jwt

from .settings import settings


def issue(user):
    expires = datetime.now(timezone.utc) + timedelta(minutes=settings.access_minutes)
    claims = {"sub": str(user.id), "exp": expires}
    return jwt.encode(claims, settings.jwt_secret, algorithm="HS256")


def subject(token):
    options = {"require_exp": True, "require_sub": True}
    claims = jwt.decode(token, settings.jwt_secret, algorithms=["HS256"], options=options)
    return claims["sub"]
