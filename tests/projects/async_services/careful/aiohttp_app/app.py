from aiohttp import web
from aiohttp_jwt import JWTMiddleware

from config import KEY
from sessions import is_revoked

app = web.Application(
    middlewares=[JWTMiddleware(secret_or_pub_key=KEY, algorithms=["HS256"], request_property="user", is_revoked=is_revoked)]
)
