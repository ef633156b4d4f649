import os

SECRET = os.getenv("AUTH_SECRET", "pK4vZ8wLx2Qm7TcN1sRf6BhJ9dGyUe3A")  # JWT202: high
LIFETIME = None
