import os

from pydantic import BaseModel


class Settings(BaseModel):
    authjwt_secret_key: str = os.environ["JWT_KEY"]
    authjwt_token_location: set = {"cookies"}
    authjwt_cookie_secure: bool = True
    authjwt_cookie_samesite: str = "lax"
