import time

import jwt

import corp.security.keys as keys
from corp.common.names import Service


def bearer():
    claims = {"iss": Service.BILLING.value, "exp": int(time.time()) + 60}
    return jwt.encode(claims, keys.KEYS[Service.BILLING], algorithm="HS256")
