from django.http import JsonResponse

from accounts.links import make_link_token, read_link_token


def invite(request):
    return JsonResponse({"link": "/join/#" + make_link_token(request.user)})


def join(request):
    return JsonResponse({"user": read_link_token(request.POST["token"])["sub"]})
