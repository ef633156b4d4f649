from .base import *

REST_AUTH = {  # JWT510: high
    "USE_JWT": True,
    "JWT_AUTH_COOKIE": "access",
    "JWT_AUTH_REFRESH_COOKIE": "refresh",
    "JWT_AUTH_HTTPONLY": False,  # JWT502: medium
    "JWT_AUTH_SECURE": False,  # JWT503: medium
    "JWT_AUTH_SAMESITE": "None",  # JWT504: medium
}
