const { NEXT_PUBLIC_API = "/api", AUTH_SECRET = "next-app-local-secret" } = process.env; // JWT202: high

export const env = { api: NEXT_PUBLIC_API, authSecret: AUTH_SECRET } as const;
