from datetime import timedelta

from fastapi import Depends, FastAPI
from fastapi_login import LoginManager

from keys import LOGIN_KEY

app = FastAPI()
manager = LoginManager(LOGIN_KEY, token_url="/login", default_expiry=timedelta(days=365))  # JWT304: high


@manager.user_loader()
def load_user(name: str):
    return {"name": name}


@app.get("/me")
def me(user=Depends(manager)):
    return user
