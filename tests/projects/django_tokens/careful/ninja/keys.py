import os

SIGNING = os.environ["JWT_SIGNING_KEY"]
