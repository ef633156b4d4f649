import React, { useState } from "react";
import { login } from "./api/client";

export default function App() {
  const [name, setName] = useState("");
  const [theme, setTheme] = useState(localStorage.getItem("theme") || "light");

  const choose = (next) => {
    localStorage.setItem("theme", next);
    setTheme(next);
  };

  return (
    <form className={theme} onSubmit={() => login(name, "")}>
      <input value={name} onChange={(event) => setName(event.target.value)} />
      <button type="button" onClick={() => choose("dark")}>
        dark
      </button>
    </form>
  );
}
