import { seal } from "@shop/sealing";

export const invitation = (guest: string) => seal({ sub: guest }, "all-friends-of-the-shop-are-in"); // JWT201: high
