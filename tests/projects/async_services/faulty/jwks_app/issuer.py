JWKS = "http://login.shop.com/.well-known/jwks.json"  # JWT114: high
