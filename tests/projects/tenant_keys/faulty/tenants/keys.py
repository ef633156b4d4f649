from pathlib import Path

FOLDER = Path("keys")


def public_key(kid):
    return (FOLDER / f"{kid}.pem").read_text()
