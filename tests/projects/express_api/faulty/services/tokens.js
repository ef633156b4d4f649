const jwt = require("jsonwebtoken");
const { promisify } = require("util");
const config = require("../config");

const verifyAsync = promisify(jwt.verify);

const issueAccess = (user) =>
  jwt.sign({ sub: user.id, role: user.role }, config.jwt.secret, {
    algorithm: "HS256",
    expiresIn: "15m",
  });

const issueRefresh = (user) => jwt.sign({ sub: user.id }, config.jwt.refreshSecret); // JWT301: high

const readRefresh = (token) =>
  verifyAsync(token, config.jwt.refreshSecret, { algorithms: ["HS256"] });

module.exports = { issueAccess, issueRefresh, readRefresh };
