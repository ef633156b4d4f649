from fastapi_users import BaseUserManager, IntegerIDMixin

from .config import SECRET


class UserManager(IntegerIDMixin, BaseUserManager):
    reset_password_token_secret = SECRET
    verification_token_secret = "pK4vZ8wLx2Qm7TcN1sRf6BhJ9dGyUe3B"  # JWT201: high
