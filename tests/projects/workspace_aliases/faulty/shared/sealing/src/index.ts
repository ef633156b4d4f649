import jwt from "jsonwebtoken";

export function seal(claims: object, secret: string): string {
  return jwt.sign(claims, secret, { algorithm: "HS256", expiresIn: "10m" });
}
