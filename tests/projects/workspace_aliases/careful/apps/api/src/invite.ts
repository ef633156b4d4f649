import { seal } from "@shop/sealing";
import { key } from "@security/keys";

export const invitation = (guest: string) => seal({ sub: guest }, key);
