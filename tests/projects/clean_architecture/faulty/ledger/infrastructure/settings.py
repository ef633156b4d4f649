from dataclasses import dataclass


@dataclass(frozen=True)
class ReceiptSettings:
    secret: str
    minutes: int = 10
