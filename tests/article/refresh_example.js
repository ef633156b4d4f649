// ========== Refresh Token Implementation ==========
const jwt = require('jsonwebtoken');
const crypto = require('crypto');
const ACCESS_SECRET = process.env.ACCESS_TOKEN_SECRET;
const REFRESH_SECRET = process.env.REFRESH_TOKEN_SECRET;
// In-memory store (use Redis/DB in production)
const refreshTokens = new Map();
// Generate token pair on login
function login(user) {
  // Short-lived access token (15 min)
  const accessToken = jwt.sign(
    { sub: user.id, role: user.role },
    ACCESS_SECRET,
    { expiresIn: '15m' }
  );
  // Long-lived refresh token (7 days)
  const refreshToken = jwt.sign(
    { sub: user.id, jti: crypto.randomUUID() },
    REFRESH_SECRET,
    { expiresIn: '7d' }
  );
  // Store refresh token hash for revocation
  refreshTokens.set(user.id, refreshToken);
  return { accessToken, refreshToken };
}
// Refresh endpoint
app.post('/api/auth/refresh', (req, res) => {
  const { refreshToken } = req.body;
  try {
    const decoded = jwt.verify(refreshToken, REFRESH_SECRET);
    // Check if refresh token is still valid (not revoked)
    const stored = refreshTokens.get(decoded.sub);
    if (stored !== refreshToken) {
      return res.status(401).json({ error: 'Token revoked' });
    }
    // Issue new access token
    const newAccessToken = jwt.sign(
      { sub: decoded.sub, role: 'admin' },
      ACCESS_SECRET,
      { expiresIn: '15m' }
    );
    res.json({ accessToken: newAccessToken });
  } catch (err) {
    res.status(401).json({ error: 'Invalid refresh token' });
  }
});
// Logout - revoke refresh token
app.post('/api/auth/logout', authMiddleware, (req, res) => {
  refreshTokens.delete(req.user.sub);
  res.json({ message: 'Logged out' });
});
