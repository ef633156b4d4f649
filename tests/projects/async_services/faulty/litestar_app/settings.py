from dataclasses import dataclass


@dataclass
class Settings:
    token_secret: str = "pK4vZ8wLx2Qm7TcN1sRf6BhJ9dGyUe3A"  # JWT201: high


settings = Settings()
