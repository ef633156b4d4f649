from flask import Blueprint, redirect, request, session

from login.identity import claims_of
from login.provider import exchange

bp = Blueprint("login", __name__)


@bp.get("/callback")
def callback():
    tokens = exchange(request.args["code"])
    claims = claims_of(tokens["id_token"])
    session["user"] = claims["sub"]
    return redirect("/")
