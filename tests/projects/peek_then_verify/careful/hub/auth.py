import jwt

from hub.tenants import key_for
from hub.tokens import issuer_of


def authenticate(token):
    issuer = issuer_of(token)
    return jwt.decode(
        token, key_for(issuer), algorithms=["HS256"], issuer=issuer, options={"require": ["exp"]}
    )


def current_user(request, users):
    token = request.headers["Authorization"].removeprefix("Bearer ")
    return users.find(authenticate(token)["sub"])
