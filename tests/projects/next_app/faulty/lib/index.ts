export * from "./session";
export { env } from "./env";
