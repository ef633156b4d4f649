export const lifetimes = { access: "15m" };
