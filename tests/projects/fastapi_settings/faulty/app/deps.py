from typing import Annotated

from fastapi import Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer

from app.core.config import Settings, get_settings
from app.core.security import read_access_token

oauth2 = OAuth2PasswordBearer(tokenUrl="/login")
SettingsDep = Annotated[Settings, Depends(get_settings)]


def current_user_id(token: Annotated[str, Depends(oauth2)], settings: SettingsDep) -> str:
    claims = read_access_token(token, settings)
    if not claims.get("sub"):
        raise HTTPException(401)
    return claims["sub"]
