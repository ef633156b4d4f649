from flask import Blueprint, redirect, request, session

from login.identity import claims_of

bp = Blueprint("login", __name__)


@bp.post("/callback")
def callback():
    claims = claims_of(request.form["id_token"])
    session["user"] = claims["sub"]
    return redirect("/")
