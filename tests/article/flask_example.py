# Install: pip install PyJWT
import jwt
import datetime
SECRET_KEY = "your-super-secret-key-min-256-bits"
# ========== Creating a JWT ==========
def generate_token(user_id, email, role):
    payload = {
        "sub": user_id,
        "email": email,
        "role": role,
        "iat": datetime.datetime.utcnow(),
        "exp": datetime.datetime.utcnow() + datetime.timedelta(hours=1),
        "iss": "myapp.com",
    }
    return jwt.encode(payload, SECRET_KEY, algorithm="HS256")
token = generate_token("user-123", "alice@example.com", "admin")
print(token)
# ========== Verifying a JWT ==========
def verify_token(token):
    try:
        payload = jwt.decode(
            token,
            SECRET_KEY,
            algorithms=["HS256"],
            issuer="myapp.com",
        )
        return {"valid": True, "payload": payload}
    except jwt.ExpiredSignatureError:
        return {"valid": False, "error": "Token expired"}
    except jwt.InvalidTokenError as e:
        return {"valid": False, "error": str(e)}
result = verify_token(token)
print(result)
# ========== Flask Decorator ==========
from flask import Flask, request, jsonify
from functools import wraps
app = Flask(__name__)
def require_auth(f):
    @wraps(f)
    def decorated(*args, **kwargs):
        auth_header = request.headers.get("Authorization", "")
        if not auth_header.startswith("Bearer "):
            return jsonify({"error": "No token provided"}), 401
        token = auth_header.split(" ")[1]
        result = verify_token(token)
        if not result["valid"]:
            return jsonify({"error": result["error"]}), 401
        request.user = result["payload"]
        return f(*args, **kwargs)
    return decorated
@app.route("/api/profile")
@require_auth
def profile():
    return jsonify({"userId": request.user["sub"], "role": request.user["role"]})
