import jwt from "jsonwebtoken";
import { key } from "@security/keys";
import { lifetimes } from "@shop/config";

export function issue(userId: string): string {
  return jwt.sign({ sub: userId }, key, { algorithm: "HS256", expiresIn: lifetimes.access });
}
