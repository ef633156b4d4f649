import os
from datetime import timedelta

SECRET_KEY = os.environ["SECRET_KEY"]
AUTHENTICATION_BACKENDS = ["graphql_jwt.backends.JSONWebTokenBackend"]
GRAPHQL_JWT = {
    "JWT_VERIFY_EXPIRATION": True,
    "JWT_LONG_RUNNING_REFRESH_TOKEN": True,
    "JWT_EXPIRATION_DELTA": timedelta(minutes=5),
}
