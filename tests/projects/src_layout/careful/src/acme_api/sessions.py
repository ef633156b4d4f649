import time

import acme_auth


def start(user):
    return acme_auth.seal_token({"sub": user.id, "exp": int(time.time()) + 300})


def resume(token):
    return acme_auth.open_token(token)["sub"]
