const { NEXT_PUBLIC_API = "/api", AUTH_SECRET } = process.env;

export const env = { api: NEXT_PUBLIC_API, authSecret: AUTH_SECRET } as const;
