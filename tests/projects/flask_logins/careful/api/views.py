from flask import Blueprint, jsonify
from flask_jwt_extended import get_jwt_identity, jwt_required

blueprint = Blueprint("api", __name__)


@blueprint.route("/orders")
@jwt_required()
def orders():
    return jsonify(owner=get_jwt_identity())
