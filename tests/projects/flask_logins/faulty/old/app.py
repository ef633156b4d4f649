from flask import Flask
from flask_jwt import JWT, jwt_required

from users import authenticate, identity

app = Flask(__name__)
app.config["SECRET_KEY"] = "pK4vZ8wLx2Qm7TcN1sRf6BhJ9dGyUe3B"  # JWT201: high
jwt = JWT(app, authenticate, identity)


@app.route("/me")
@jwt_required()
def me():
    return "me"
