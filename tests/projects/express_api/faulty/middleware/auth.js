const jwt = require("jsonwebtoken");
const config = require("../config");

function authenticate(req, res, next) {
  const [scheme, token] = (req.headers.authorization || "").split(" ");
  if (scheme !== "Bearer" || !token) {
    return res.sendStatus(401);
  }
  return jwt.verify(token, config.jwt.secret, { algorithms: ["HS256"] }, (error, claims) => {
    if (error) {
      return res.sendStatus(401);
    }
    req.user = claims;
    return next();
  });
}

function requireAdmin(req, res, next) {
  const token = req.headers.authorization.split(" ")[1];
  const claims = jwt.decode(token); // JWT101: high
  if (claims.role !== "admin") {
    return res.sendStatus(403);
  }
  return next();
}

module.exports = { authenticate, requireAdmin };
