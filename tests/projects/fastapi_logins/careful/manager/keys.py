import os

LOGIN_KEY = os.environ["LOGIN_KEY"]
