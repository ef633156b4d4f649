"""A small login service with faults planted: what `jwtaudit tour/` is to find."""

from flask import Flask, jsonify, make_response, request

from tokens import issue, read
from users import find_user, load_user

app = Flask(__name__)


@app.post("/login")
def login():
    user = find_user(request.json["email"], request.json["password"])
    reply = make_response(jsonify(ok=True))
    reply.set_cookie("token", issue(user), secure=True, samesite="Lax")
    return reply


@app.get("/invoices")
def invoices():
    claims = read(request.cookies["token"])
    return jsonify(load_user(claims["sub"]).invoices)
