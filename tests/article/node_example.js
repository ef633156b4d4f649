// Install: npm install jsonwebtoken
const jwt = require('jsonwebtoken');
// Your secret key (in production, use environment variables)
const SECRET_KEY = process.env.JWT_SECRET || 'your-super-secret-key-min-256-bits';
// ========== Creating a JWT ==========
function generateToken(user) {
  const payload = {
    sub: user.id,
    email: user.email,
    role: user.role,
  };
  const options = {
    expiresIn: '1h', // Token expires in 1 hour
    issuer: 'myapp.com', // Who issued the token
    audience: 'myapp-api', // Who the token is intended for
  };
  return jwt.sign(payload, SECRET_KEY, options);
}
// Usage
const token = generateToken({
  id: 'user-123',
  email: 'alice@example.com',
  role: 'admin'
});
console.log(token);
// eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1c2VyLTEy...
// ========== Verifying a JWT ==========
function verifyToken(token) {
  try {
    const decoded = jwt.verify(token, SECRET_KEY, {
      issuer: 'myapp.com',
      audience: 'myapp-api',
    });
    return { valid: true, payload: decoded };
  } catch (error) {
    return { valid: false, error: error.message };
  }
}
// Usage
const result = verifyToken(token);
if (result.valid) {
  console.log('User ID:', result.payload.sub);
  console.log('Role:', result.payload.role);
} else {
  console.log('Invalid token:', result.error);
}
// ========== Express.js Middleware ==========
function authMiddleware(req, res, next) {
  const authHeader = req.headers.authorization;
  if (!authHeader || !authHeader.startsWith('Bearer ')) {
    return res.status(401).json({ error: 'No token provided' });
  }
  const token = authHeader.split(' ')[1];
  const result = verifyToken(token);
  if (!result.valid) {
    return res.status(401).json({ error: 'Invalid or expired token' });
  }
  req.user = result.payload;
  next();
}
// Protected route
app.get('/api/profile', authMiddleware, (req, res) => {
  res.json({ userId: req.user.sub, role: req.user.role });
});
