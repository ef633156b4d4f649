import os
import time

from gateway.crypto import Codec


def for_partner(name):
    claims = {"sub": name, "exp": int(time.time()) + 60}
    return Codec.encode(claims, key=os.environ["PARTNER_KEY"])


def for_user(user):
    claims = {"sub": user.id, "exp": int(time.time()) + 60}
    return Codec.encode(claims)
