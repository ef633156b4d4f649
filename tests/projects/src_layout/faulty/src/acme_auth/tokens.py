import jwt

from acme_auth._keys import ALGORITHMS, SIGNING_KEY


class InvalidToken(Exception):
    pass


def seal_token(claims):
    return jwt.encode(claims, SIGNING_KEY, algorithm=ALGORITHMS[0])  # JWT301: high


def open_token(token, *, check_expiry=True):
    try:
        return jwt.decode(
            token,
            SIGNING_KEY,
            algorithms=list(ALGORITHMS),
            options={"verify_exp": check_expiry, "require": ["exp"]},
        )
    except jwt.PyJWTError as error:
        raise InvalidToken from error
