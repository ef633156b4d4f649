import os
from datetime import timedelta

SECRET_KEY = os.environ["SECRET_KEY"]
AUTHENTICATION_BACKENDS = ["graphql_jwt.backends.JSONWebTokenBackend"]
GRAPHQL_JWT = {  # JWT302: high
    "JWT_ALLOW_ARGUMENT": True,  # JWT505: medium
    "JWT_EXPIRATION_DELTA": timedelta(minutes=5),
}
