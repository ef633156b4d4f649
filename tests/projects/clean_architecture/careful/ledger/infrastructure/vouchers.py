import time
from dataclasses import dataclass

import jwt


@dataclass(frozen=True)
class Vouchers:
    key: str
    seconds: int = 600

    def write(self, number: int) -> str:
        until = int(time.time()) + self.seconds
        return jwt.encode({"voucher": number, "exp": until}, self.key, algorithm="HS256")
