import os
from datetime import datetime, timedelta, timezone

import jwt
from flask import Flask, jsonify, request

app = Flask(__name__)
SECRET = os.environ.get("JWT_SECRET", "react-notes")  # JWT202: high


@app.post("/api/login")
def login():
    user = check(request.json["name"], request.json["password"])
    expires = datetime.now(timezone.utc) + timedelta(minutes=15)
    token = jwt.encode({"sub": user.id, "exp": expires}, SECRET, algorithm="HS256")
    return jsonify({"access_token": token})


def check(name, password):
    raise NotImplementedError
