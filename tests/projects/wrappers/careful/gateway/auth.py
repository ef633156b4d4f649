from gateway.sessions import load, read


async def admin_only(request):
    claims = await load(request.headers["X-Internal-Token"])
    if claims["role"] != "admin":
        raise PermissionError
    return claims["sub"]


def replayed(token):
    return read(token)["sub"]
