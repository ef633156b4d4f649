import time

import jwt

from ledger.domain.ports import PassIssuer


class SignedPasses(PassIssuer):
    def __init__(self, secret: str, algorithm: str):
        self._secret = secret
        self._algorithm = algorithm

    def issue(self, owner: str, seconds: int | None = None) -> str:
        claims = {"sub": owner}
        if seconds is not None:
            claims["exp"] = int(time.time()) + seconds
        return jwt.encode(claims, self._secret, algorithm=self._algorithm)  # JWT301: medium

    def open(self, text: str) -> dict:
        return jwt.decode(text, self._secret, algorithms=[self._algorithm])  # JWT320: low
