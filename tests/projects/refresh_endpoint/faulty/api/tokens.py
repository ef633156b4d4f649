import os
import time

import jwt

KEY = os.environ["JWT_KEY"]
ACCESS, REFRESH = 900, 7 * 86400


def issue(subject, kind):
    lifetime = ACCESS if kind == "access" else REFRESH
    claims = {"sub": subject, "kind": kind, "exp": int(time.time()) + lifetime}
    return jwt.encode(claims, KEY, algorithm="HS256")


def read(token, options=None):
    return jwt.decode(  # JWT101: high
        token, KEY, algorithms=["HS256"], options={"require": ["exp"], **(options or {})}
    )
