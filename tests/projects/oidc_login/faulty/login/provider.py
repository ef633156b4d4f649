import os

import requests

TOKEN_URL = "https://id.example/oauth/token"


def exchange(code):
    response = requests.post(
        TOKEN_URL,
        data={
            "grant_type": "authorization_code",
            "code": code,
            "client_id": os.environ["CLIENT_ID"],
            "client_secret": os.environ["CLIENT_SECRET"],
        },
        timeout=10,
    )
    response.raise_for_status()
    return response.json()
