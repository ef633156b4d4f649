from flask import Flask

from .config import config
from .views import api


def create_app(name):
    app = Flask(__name__)
    app.config.from_object(config[name])
    app.register_blueprint(api)
    return app
