const { Router } = require("express");
const { issueAccess, issueRefresh } = require("../services/tokens");
const users = require("../services/users");

const router = Router();

router.post("/login", async (req, res) => {
  const user = await users.check(req.body.name, req.body.password);
  if (!user) {
    return res.sendStatus(401);
  }
  res.cookie("refresh_token", issueRefresh(user), { httpOnly: true, secure: true, sameSite: "lax" });
  return res.json({ token: issueAccess(user) });
});

module.exports = router;
