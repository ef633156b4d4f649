from sanic import Sanic
from sanic_jwt import Initialize

from users import authenticate

app = Sanic("shop")
Initialize(app, authenticate=authenticate, verify_exp=False, query_string_set=True)  # JWT201: high, JWT302: high, JWT505: high
