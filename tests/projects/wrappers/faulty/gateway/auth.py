from gateway.sessions import load, read


async def admin_only(request):
    claims = await load(request.headers["X-Internal-Token"], trusted=True)
    if claims["role"] != "admin":
        raise PermissionError
    return claims["sub"]


async def anyone(request):
    claims = await load(request.headers["Authorization"].split()[1])
    return claims["sub"]


def replayed(token):
    return read(token, verify=False)["sub"]
