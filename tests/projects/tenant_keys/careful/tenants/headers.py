import jwt


def kid_of(token):
    return jwt.get_unverified_header(token).get("kid")
