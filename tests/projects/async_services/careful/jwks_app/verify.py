import jwt
from jwt import PyJWKClient

from issuer import ISSUER, JWKS

client = PyJWKClient(JWKS)


def verify(token):
    key = client.get_signing_key_from_jwt(token)
    return jwt.decode(
        token,
        key.key,
        algorithms=["RS256"],
        issuer=ISSUER,
        audience="shop",
        options={"require": ["exp"]},
    )
