// VULNERABLE - accepts any algorithm
const decoded = jwt.verify(token, SECRET);
// SECURE - explicitly specify allowed algorithms
const decoded = jwt.verify(token, SECRET, {
  algorithms: ['HS256'] // Only accept HS256
});
