import jwt

from corp.common.names import Service
from corp.security import keys


def caller(token):
    return jwt.decode(
        token,
        keys.KEYS[Service.BILLING],
        algorithms=["HS256"],
        issuer=Service.BILLING.value,
        options={"require": ["exp", "iss"]},
    )["iss"]
