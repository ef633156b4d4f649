// BAD - sensitive data in payload
const badToken = jwt.sign({
  sub: 'user-123',
  password: 'mypassword', // NEVER do this
  ssn: '123-45-6789', // NEVER do this
  creditCard: '4111...', // NEVER do this
}, SECRET);
// GOOD - minimal claims
const goodToken = jwt.sign({
  sub: 'user-123',
  role: 'admin',
  permissions: ['read', 'write'],
}, SECRET, { expiresIn: '15m' });
