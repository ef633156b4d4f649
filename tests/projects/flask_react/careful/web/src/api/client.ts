import axios from "axios";

let accessToken: string | null = null;

export const client = axios.create({ baseURL: "/api" });

client.interceptors.request.use((config) => {
  if (accessToken) {
    config.headers.Authorization = `Bearer ${accessToken}`;
  }
  return config;
});

export async function login(name: string, password: string) {
  const { data } = await client.post("/login", { name, password });
  accessToken = data.access_token;
}
