const jwt = require('jsonwebtoken');
const fs = require('fs');
// Generate keys: openssl genrsa -out private.pem 2048
// openssl rsa -in private.pem -pubout -out public.pem
const privateKey = fs.readFileSync('private.pem');
const publicKey = fs.readFileSync('public.pem');
// Sign with private key (auth server)
const token = jwt.sign(
  { sub: 'user-123', role: 'admin' },
  privateKey,
  { algorithm: 'RS256', expiresIn: '1h' }
);
// Verify with public key (any service)
const decoded = jwt.verify(token, publicKey, {
  algorithms: ['RS256']
});
console.log(decoded.sub); // "user-123"
