from pathlib import Path

KEYS = {path.stem: path.read_text() for path in Path("keys").glob("*.pem")}


def public_key(kid):
    key = KEYS.get(kid)
    if key is None:
        raise LookupError("unknown key")
    return key
