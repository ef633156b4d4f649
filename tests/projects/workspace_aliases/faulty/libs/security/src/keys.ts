export const key = process.env.SHOP_KEY ?? "the-key-of-the-shop-on-the-corner"; // JWT202: high
