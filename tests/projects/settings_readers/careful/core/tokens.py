import time

import jwt

from core import settings
from core.kinds import Kind


def make(kind: Kind, subject: str) -> str:
    options = settings.JWT[kind.value]
    claims = {"sub": subject, "typ": kind.value, "exp": int(time.time()) + options["seconds"]}
    return jwt.encode(claims, options["key"], algorithm=options["algorithm"])


def access(subject: str) -> str:
    return make(Kind.ACCESS, subject)


def refresh(subject: str) -> str:
    options = settings.JWT.get("refresh", {})
    claims = {"sub": subject, "exp": int(time.time()) + options.get("seconds", 60)}
    return jwt.encode(claims, options.get("key"), algorithm="HS256")
