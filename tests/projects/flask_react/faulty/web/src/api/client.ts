import axios from "axios";

const TOKEN_KEY = "access_token";

export const client = axios.create({ baseURL: "/api" });

client.interceptors.request.use((config) => {
  const token = localStorage.getItem(TOKEN_KEY);
  if (token) {
    config.headers.Authorization = `Bearer ${token}`;
  }
  return config;
});

export async function login(name: string, password: string) {
  const { data } = await client.post("/login", { name, password });
  localStorage.setItem(TOKEN_KEY, data.access_token); // JWT501: high
}
