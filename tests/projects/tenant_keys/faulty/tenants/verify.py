import jwt

from tenants.headers import algorithm_of, kid_of
from tenants.keys import public_key


def claims_of(token):
    return jwt.decode(
        token,
        public_key(kid_of(token)),
        algorithms=[algorithm_of(token)],
        options={"require": ["exp"]},
    )
