from app.container import container


def login(user, password):
    if not user.check(password):
        raise PermissionError
    return container.tokens.issue(str(user.id))


def me(token):
    return container.tokens.verify(token)["sub"]
