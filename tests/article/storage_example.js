// VULNERABLE - localStorage (accessible via JavaScript / XSS)
localStorage.setItem('token', jwt);
// SECURE - HttpOnly cookie (not accessible via JavaScript)
res.cookie('accessToken', jwt, {
  httpOnly: true, // Cannot be read by JavaScript
  secure: true, // Only sent over HTTPS
  sameSite: 'strict', // Prevents CSRF
  maxAge: 15 * 60 * 1000, // 15 minutes
  path: '/',
});
