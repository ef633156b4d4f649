from django.contrib.auth import get_user_model

from orders.tokens import read

User = get_user_model()


class CookieUserMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        raw = request.COOKIES.get("access")
        if raw:
            request.user = User.objects.get(pk=read(raw)["user_id"])
        return self.get_response(request)
