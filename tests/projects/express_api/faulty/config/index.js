const env = process.env.NODE_ENV || "development";

module.exports = {
  env,
  port: process.env.PORT || 3000,
  jwt: {
    secret: process.env.JWT_SECRET || "orders-dev-secret", // JWT202: high
    refreshSecret: "orders-refresh-2024", // JWT201: high
  },
};
