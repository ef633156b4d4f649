import os

import jwt

KEY = os.environ["GATEWAY_KEY"]
ALGORITHMS = ["HS256"]


class Codec:
    @classmethod
    def encode(cls, claims, key=KEY):
        return jwt.encode(claims, key, algorithm=ALGORITHMS[0])

    @classmethod
    def decode(cls, token, verify=True, **options):
        return jwt.decode(
            token,
            KEY,
            algorithms=ALGORITHMS,
            options={"verify_signature": verify, "require": ["exp"], **options},
        )
