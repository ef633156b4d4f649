USERS = {}


def authenticate(name, password):
    return USERS.get(name)


def identity(payload):
    return USERS.get(payload["identity"])
