const env = process.env.NODE_ENV || "development";

module.exports = {
  env,
  port: process.env.PORT || 3000,
  jwt: {
    secret: process.env.JWT_SECRET,
    refreshSecret: process.env.JWT_REFRESH_SECRET,
  },
};
