import datetime
import os

SECRET_KEY = os.environ["SECRET_KEY"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework_jwt.authentication.JSONWebTokenAuthentication",
    ],
}
JWT_AUTH = {
    "JWT_VERIFY": False,  # JWT101: high
    "JWT_VERIFY_EXPIRATION": False,  # JWT302: high
    "JWT_SECRET_KEY": os.getenv("JWT_KEY", "pK4vZ8wLx2Qm7TcN1sRf6BhJ9dGyUe3B"),  # JWT202: high
    "JWT_EXPIRATION_DELTA": datetime.timedelta(days=365),  # JWT304: high
}
