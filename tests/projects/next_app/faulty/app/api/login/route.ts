import { cookies } from "next/headers";
import { NextResponse } from "next/server";
import { issue } from "@/lib";
import { check } from "@/lib/users";

export async function POST(request: Request) {
  const { name, password } = await request.json();
  const user = await check(name, password);
  if (!user) {
    return NextResponse.json({ error: "unknown" }, { status: 401 });
  }
  const token = await issue({ sub: user.id, role: user.role });
  cookies().set("session", token, { httpOnly: true, secure: true, sameSite: "lax", path: "/" });
  return NextResponse.json({ ok: true });
}
