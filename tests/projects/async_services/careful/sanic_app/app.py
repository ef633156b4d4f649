import os

from sanic import Sanic
from sanic_jwt import Initialize

from users import authenticate

app = Sanic("shop")
Initialize(app, authenticate=authenticate, secret=os.environ["JWT_KEY"])
