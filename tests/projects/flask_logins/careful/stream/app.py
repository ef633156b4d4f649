from quart import Quart
from quart_jwt_extended import JWTManager, create_access_token

from settings import load

app = Quart(__name__)
load(app)
JWTManager(app)


@app.route("/login", methods=["POST"])
async def login():
    return {"token": create_access_token(identity="u")}
