from app.config import load
from app.tokens import TokenService


class Container:
    def __init__(self):
        self.settings = load()
        self.tokens = TokenService(self.settings.tokens)


container = Container()
