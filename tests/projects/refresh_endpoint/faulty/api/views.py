from flask import Flask, abort, jsonify, request

from api.tokens import issue, read

app = Flask(__name__)


@app.post("/refresh")
def refresh():
    claims = read(request.json["refresh"], {"verify_signature": False})
    if claims["kind"] != "refresh":
        abort(401)
    return jsonify(access=issue(claims["sub"], "access"))
