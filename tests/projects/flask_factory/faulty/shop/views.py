from flask import Blueprint, jsonify, request

from .tokens import issue, verify

api = Blueprint("api", __name__)


@api.post("/login")
def login():
    return jsonify(token=issue(request.json["user"]))


@api.get("/me")
def me():
    claims = verify(request.headers["Authorization"].removeprefix("Bearer "))
    return jsonify(claims["sub"])
