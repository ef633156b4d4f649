from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer

from .tokens import issue, subject
from .users import authenticate, orders_of

app = FastAPI()
bearer = OAuth2PasswordBearer(tokenUrl="login")


@app.post("/login")
def login(form: dict):
    user = authenticate(form["name"], form["password"])
    if user is None:
        raise HTTPException(401)
    return {"access_token": issue(user)}


@app.get("/orders")
def orders(token: str = Depends(bearer)):
    return orders_of(subject(token))
