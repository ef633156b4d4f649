import time

import acme_auth


def start(user):
    return acme_auth.seal_token({"sub": user.id})


def start_short(user):
    return acme_auth.seal_token({"sub": user.id, "exp": int(time.time()) + 300})


def resume(token):
    return acme_auth.open_token(token, check_expiry=False)["sub"]  # JWT302: high
