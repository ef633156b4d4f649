import os
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True)
class TokenSettings:
    secret: str
    algorithm: str = "HS256"
    lifetime: timedelta = timedelta(minutes=20)


@dataclass(frozen=True)
class AppSettings:
    tokens: TokenSettings
    debug: bool = False
    name: str = field(default="app")


def load() -> AppSettings:
    return AppSettings(
        tokens=TokenSettings(
            secret=os.getenv("TOKEN_SECRET", "h2Zk7Xw4Lq9Rt6Vb1Nm8Pd3Js"),  # JWT202: high
            lifetime=timedelta(minutes=5),
        )
    )
