import { SignJWT, decodeJwt, jwtVerify } from "jose";
import { env } from "./env";

const key = new TextEncoder().encode(env.authSecret);

export interface Session {
  sub: string;
  role: "user" | "admin";
}

export async function issue(session: Session): Promise<string> {
  return new SignJWT({ ...session })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(key);
}

export async function verify(token: string): Promise<Session> {
  const { payload } = await jwtVerify(token, key, {
    algorithms: ["HS256"],
    requiredClaims: ["exp"],
  });
  return payload as unknown as Session;
}

export const peek = (token: string) => decodeJwt(token) as unknown as Session; // JWT101: medium
