import os

SECRET = os.environ["AUTH_SECRET"]
RESET_SECRET = os.environ["RESET_SECRET"]
LIFETIME = 900
