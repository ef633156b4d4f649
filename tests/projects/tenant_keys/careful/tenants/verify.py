import jwt

from tenants.headers import kid_of
from tenants.keys import public_key


def claims_of(token):
    return jwt.decode(
        token, public_key(kid_of(token)), algorithms=["RS256"], options={"require": ["exp"]}
    )
