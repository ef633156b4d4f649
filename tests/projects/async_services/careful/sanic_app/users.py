async def authenticate(request):
    return {"user_id": 1}
