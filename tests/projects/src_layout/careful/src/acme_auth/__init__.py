from .tokens import InvalidToken, open_token, seal_token

__all__ = ["InvalidToken", "open_token", "seal_token"]
