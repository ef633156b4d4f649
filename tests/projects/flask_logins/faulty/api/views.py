from flask import Blueprint, jsonify
from flask_jwt_extended import decode_token, get_jwt_identity, jwt_required

blueprint = Blueprint("api", __name__)


@jwt_required()  # JWT704: high
@blueprint.route("/orders")
def orders():
    return jsonify(owner=get_jwt_identity())


@blueprint.route("/again/<token>")
def again(token):
    return jsonify(owner=decode_token(token, allow_expired=True)["sub"])  # JWT302: high
