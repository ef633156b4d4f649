import time

import jwt
from flask import current_app


def issue(user_id):
    claims = {"sub": user_id, "exp": int(time.time()) + 900}
    return jwt.encode(
        claims, current_app.config["JWT_SECRET"], algorithm=current_app.config["JWT_ALGORITHM"]
    )


def verify(token):
    return jwt.decode(
        token,
        current_app.config["JWT_SECRET"],
        algorithms=[current_app.config["JWT_ALGORITHM"]],
        options={"require": ["exp"]},
    )
