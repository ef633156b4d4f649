const given = process.env.SHOP_KEY;
if (!given) throw new Error("set SHOP_KEY");
export const key = given;
