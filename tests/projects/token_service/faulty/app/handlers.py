from app.container import container


def login(user, password):  # JWT401: high
    if not user.check(password):
        raise PermissionError
    return container.tokens.issue(str(user.id), password=password)


def me(token):
    return container.tokens.verify(token)["sub"]
