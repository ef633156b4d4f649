from fastapi import Depends, FastAPI

from app.core.config import Settings, get_settings
from app.core.security import create_access_token
from app.deps import current_user_id

app = FastAPI()


@app.post("/login")
def login(user_id: str, settings: Settings = Depends(get_settings)):
    return {"access_token": create_access_token(user_id, settings)}


@app.get("/me")
def me(user_id: str = Depends(current_user_id)):
    return {"id": user_id}
