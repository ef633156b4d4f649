import jwt


def kid_of(token):
    return jwt.get_unverified_header(token).get("kid")  # JWT112: high


def algorithm_of(token):
    return jwt.get_unverified_header(token)["alg"]  # JWT106: high
