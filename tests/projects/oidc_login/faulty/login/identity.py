import jwt


def claims_of(id_token):
    return jwt.decode(id_token, options={"verify_signature": False})  # JWT101: high
