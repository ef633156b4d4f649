from fastapi_users import BaseUserManager, IntegerIDMixin

from .config import RESET_SECRET


class UserManager(IntegerIDMixin, BaseUserManager):
    reset_password_token_secret = RESET_SECRET
    verification_token_secret = RESET_SECRET
