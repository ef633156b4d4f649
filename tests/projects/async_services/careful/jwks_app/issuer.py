ISSUER = "https://login.shop.com/"
JWKS = ISSUER + ".well-known/jwks.json"
