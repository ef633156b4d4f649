import time

import jwt

from shop.config import JWT_SECRET, SETTINGS


def for_user(user):
    return jwt.encode(
        {"sub": user.id, "exp": int(time.time()) + 600}, JWT_SECRET, algorithm="HS256"
    )


def for_service(name):
    auth = SETTINGS["auth"]
    return jwt.encode(
        {"sub": name, "exp": int(time.time()) + 60}, auth["jwt_secret"], algorithm="HS256"
    )
