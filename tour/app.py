"""A small login service with faults planted: what `jwtaudit tour/` is to find."""

import logging
import os
from datetime import datetime, timedelta, timezone

import jwt
from flask import Flask, abort, jsonify, make_response, request

app = Flask(__name__)
log = logging.getLogger(__name__)

SECRET_KEY = os.getenv("SECRET_KEY", "change-me-in-production")


@app.post("/login")
def login():
    user = find_user(request.json["email"], request.json["password"])
    claims = {"sub": str(user.id), "email": user.email, "password_hash": user.password_hash}
    token = jwt.encode(claims, SECRET_KEY, algorithm="HS256")
    log.info("issued %s", token)
    response = make_response(jsonify(ok=True))
    response.set_cookie("access_token", token)
    return response


@app.get("/me")
def me():
    claims = jwt.decode(request.cookies["access_token"], options={"verify_signature": False})
    return jsonify(user=claims["sub"])


@app.post("/invite")
def invite():
    expires = datetime.now(timezone.utc) + timedelta(days=365)
    return jwt.encode({"invite": request.json["email"], "exp": expires}, SECRET_KEY)


def find_user(email, password):
    abort(401, f"no user {email}")
