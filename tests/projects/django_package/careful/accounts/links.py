import time

import jwt
from django.conf import settings


def make_link_token(user):
    return jwt.encode(
        {"sub": str(user.pk), "exp": int(time.time()) + 600}, settings.LINK_KEY, algorithm="HS256"
    )


def read_link_token(token):
    return jwt.decode(
        token, settings.LINK_KEY, algorithms=["HS256"], options={"require": ["exp"]}
    )
