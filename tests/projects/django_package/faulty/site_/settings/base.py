from datetime import timedelta

INSTALLED_APPS = ["rest_framework", "accounts"]
SECRET_KEY = "m3Xq8Lw5Zt1Rv7Kp4Yn9Bd2Hs6Fj0Gc"  # JWT201: high
LINK_KEY = "t6Wn2Jc9Xk4Pz7Rb1Vm8Qd5Ly3Hf0Gs"  # JWT201: high
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": (
        "rest_framework_simplejwt.authentication.JWTAuthentication",
    ),
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    "ALGORITHM": "HS256",
    "SIGNING_KEY": SECRET_KEY,
}
