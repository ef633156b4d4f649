from rest_framework_simplejwt.tokens import AccessToken


def read(raw):
    return AccessToken(raw)
