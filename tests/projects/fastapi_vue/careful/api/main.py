from fastapi import Cookie, FastAPI, HTTPException, Response

from .tokens import issue, subject
from .users import authenticate, orders_of

app = FastAPI()


@app.post("/login")
def login(form: dict, response: Response):
    user = authenticate(form["name"], form["password"])
    if user is None:
        raise HTTPException(401)
    response.set_cookie("access_token", issue(user), httponly=True, secure=True, samesite="strict")
    return {"name": user.name}


@app.get("/orders")
def orders(access_token: str = Cookie()):
    return orders_of(subject(access_token))
