from datetime import datetime, timezone

import jwt

from app.config import TokenSettings


class TokenService:
    def __init__(self, settings: TokenSettings) -> None:
        self._settings = settings

    def _expiry(self):
        return datetime.now(timezone.utc) + self._settings.lifetime

    def issue(self, subject: str, **extra) -> str:
        claims = {"sub": subject, "exp": self._expiry(), **extra}
        return jwt.encode(claims, self._settings.secret, algorithm=self._settings.algorithm)

    def verify(self, token: str) -> dict:
        return jwt.decode(
            token,
            self._settings.secret,
            algorithms=[self._settings.algorithm],
            options={"require": ["exp"]},
        )
