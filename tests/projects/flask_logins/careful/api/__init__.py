from flask import Flask
from flask_jwt_extended import JWTManager

from .config import configurations

jwt = JWTManager()


def create_app(name="production"):
    app = Flask(__name__)
    app.config.from_object(configurations[name])
    jwt.init_app(app)
    return app
