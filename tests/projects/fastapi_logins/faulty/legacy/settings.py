from pydantic import BaseModel


class Settings(BaseModel):
    authjwt_secret_key: str = "pK4vZ8wLx2Qm7TcN1sRf6BhJ9dGyUe3C"  # JWT201: high
    authjwt_token_location: set = {"cookies"}
    authjwt_cookie_csrf_protect: bool = False  # JWT510: high
    authjwt_access_token_expires: bool = False  # JWT301: high
