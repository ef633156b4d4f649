import jwt

from hub.tenants import key_for
from hub.tokens import issuer_of, peek


def authenticate(token):
    issuer = issuer_of(token)
    jwt.decode(
        token, key_for(issuer), algorithms=["HS256"], issuer=issuer, options={"require": ["exp"]}
    )
    return issuer


def current_user(request, users):
    token = request.headers["Authorization"].removeprefix("Bearer ")
    return users.find(peek(token)["sub"])
