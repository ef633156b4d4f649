from fastapi import FastAPI

from service import tokens

app = FastAPI()


@app.post("/login")
async def login(subject: str):
    return {"access": tokens.access_token(subject), "refresh": tokens.refresh_token(subject)}
