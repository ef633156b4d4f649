import jwt
from jwt import PyJWKClient

from issuer import JWKS

client = PyJWKClient(JWKS)


def verify(token):
    key = client.get_signing_key_from_jwt(token)
    header = jwt.get_unverified_header(token)
    return jwt.decode(  # JWT307: medium
        token, key.key, algorithms=[header["alg"]], options={"verify_aud": False, "verify_exp": False}  # JWT106: high, JWT302: high, JWT306: medium
    )
