export const lifetimes = { access: "45 days" }; // JWT304: high
