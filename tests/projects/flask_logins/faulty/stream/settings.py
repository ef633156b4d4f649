import os


def load(app):
    app.config["JWT_SECRET_KEY"] = os.environ.get("JWT_SECRET_KEY") or "pK4vZ8wLx2Qm7TcN1sRf6BhJ9dGyUe3C"  # JWT202: high
    app.config["JWT_TOKEN_LOCATION"] = ["cookies"]
    app.config["JWT_COOKIE_CSRF_PROTECT"] = False  # JWT510: high
