from datetime import timedelta

from litestar import Litestar
from litestar.security.jwt import JWTCookieAuth

from settings import settings


async def retrieve_user(token, connection):
    return token.sub


auth = JWTCookieAuth(  # JWT503: medium
    retrieve_user_handler=retrieve_user,
    token_secret=settings.token_secret,
    default_token_expiration=timedelta(days=180),  # JWT304: high
    exclude=["/"],  # JWT703: high
)
app = Litestar(route_handlers=[], on_app_init=[auth.on_app_init])
