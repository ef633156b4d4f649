from datetime import datetime, timedelta, timezone

import jwt

from ledger.infrastructure.settings import ReceiptSettings


class Receipts:
    def __init__(self, settings: ReceiptSettings):
        self._settings = settings

    def write(self, number: int) -> str:
        until = datetime.now(timezone.utc) + timedelta(minutes=self._settings.minutes)
        return jwt.encode({"n": number, "exp": until}, self._settings.secret, algorithm="HS256")
