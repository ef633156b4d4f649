import os

TENANTS = {
    "https://a.example": os.environ["KEY_A"],
    "https://b.example": os.environ["KEY_B"],
}


def key_for(issuer):
    return TENANTS[issuer]
