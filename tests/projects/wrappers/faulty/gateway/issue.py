import time

from gateway.crypto import Codec


def for_partner(name):
    claims = {"sub": name, "exp": int(time.time()) + 60}
    return Codec.encode(claims, key="p5Xw8Lz2Qk7Rt4Vn9Bm3Jd6Hc")  # JWT201: high


def for_user(user):
    claims = {"sub": user.id, "exp": int(time.time()) + 60}
    return Codec.encode(claims)
