from aiohttp import web
from aiohttp_jwt import JWTMiddleware

from config import KEY

app = web.Application(
    middlewares=[JWTMiddleware(secret_or_pub_key=KEY, algorithms=["HS256"], request_property="user")]  # JWT312: medium
)
