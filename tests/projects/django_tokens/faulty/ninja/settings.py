import os
from datetime import timedelta

from .keys import SIGNING

SECRET_KEY = os.environ["SECRET_KEY"]
INSTALLED_APPS = ["ninja_extra", "ninja_jwt", "api"]
NINJA_JWT = {
    "SIGNING_KEY": SIGNING,
    "ACCESS_TOKEN_LIFETIME": timedelta(days=60),  # JWT304: high
    "CHECK_USER_IS_ACTIVE": False,  # JWT314: high
}
