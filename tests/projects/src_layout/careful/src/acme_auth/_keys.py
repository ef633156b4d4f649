import os

SIGNING_KEY = os.environ["ACME_SIGNING_KEY"]
ALGORITHMS = ("HS256",)
