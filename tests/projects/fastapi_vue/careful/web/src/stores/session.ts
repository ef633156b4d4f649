import { defineStore } from "pinia";

import { api } from "../api";

export const useSession = defineStore("session", {
  state: () => ({ name: null as string | null, theme: localStorage.getItem("theme") }),
  actions: {
    async login(name: string, password: string) {
      const { data } = await api.post("/login", { name, password });
      this.name = data.name;
      localStorage.setItem("last_name", data.name);
    },
    logout() {
      this.name = null;
      localStorage.removeItem("last_name");
    },
  },
});
