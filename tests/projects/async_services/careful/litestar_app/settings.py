import os
from dataclasses import dataclass, field


@dataclass
class Settings:
    token_secret: str = field(default_factory=lambda: os.environ["TOKEN_SECRET"])


settings = Settings()
