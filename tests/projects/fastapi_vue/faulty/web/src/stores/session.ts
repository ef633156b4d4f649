import { defineStore } from "pinia";

import { api } from "../api";

export const useSession = defineStore("session", {
  state: () => ({ token: localStorage.getItem("access_token") }),
  actions: {
    async login(name: string, password: string) {
      const { data } = await api.post("/login", { name, password });
      this.token = data.access_token;
      localStorage.setItem("access_token", data.access_token); // JWT501: high
    },
    logout() {
      this.token = null;
      localStorage.removeItem("access_token");
    },
  },
});
