from fastapi import Depends, FastAPI
from fastapi_jwt_auth import AuthJWT

from settings import Settings

app = FastAPI()


@AuthJWT.load_config
def get_config():
    return Settings()


@app.get("/me")
def me(Authorize: AuthJWT = Depends()):
    Authorize.jwt_required()
    return Authorize.get_jwt_subject()
