import datetime
import os

SECRET_KEY = os.environ["SECRET_KEY"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework_jwt.authentication.JSONWebTokenAuthentication",
    ],
}
JWT_AUTH = {
    "JWT_SECRET_KEY": os.environ["JWT_KEY"],
    "JWT_EXPIRATION_DELTA": datetime.timedelta(minutes=10),
    "JWT_AUTH_COOKIE": "jwt",
}
