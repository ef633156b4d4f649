"""Tokens of the service: how they are made and read."""

import jwt

from settings import SECRET_KEY


def issue(user):
    claims = {"sub": str(user.id), "roles": user.roles}
    return jwt.encode(claims, SECRET_KEY, algorithm="HS256")


def read(token):
    return jwt.decode(token, options={"verify_signature": False})
