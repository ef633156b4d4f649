import os
from datetime import timedelta

from .keys import SIGNING

SECRET_KEY = os.environ["SECRET_KEY"]
INSTALLED_APPS = ["ninja_extra", "ninja_jwt", "ninja_jwt.token_blacklist", "api"]
NINJA_JWT = {
    "SIGNING_KEY": SIGNING,
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
}
