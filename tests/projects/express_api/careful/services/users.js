const rows = new Map();

exports.check = async (name, password) => {
  const user = rows.get(name);
  return user && (await user.matches(password)) ? user : null;
};
