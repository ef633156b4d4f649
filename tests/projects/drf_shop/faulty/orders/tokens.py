from rest_framework_simplejwt.tokens import UntypedToken


def read(raw):
    return UntypedToken(raw, verify=False)  # JWT101: high
