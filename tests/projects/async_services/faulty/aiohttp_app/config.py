import os

KEY = os.environ.get("JWT_KEY", "pK4vZ8wLx2Qm7TcN1sRf6BhJ9dGyUe3B")  # JWT202: high
