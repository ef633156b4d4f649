import { cookies } from "next/headers";
import { NextResponse } from "next/server";
import { verify } from "@/lib";

export async function GET() {
  const token = cookies().get("session")?.value;
  if (!token) {
    return NextResponse.json({ error: "no session" }, { status: 401 });
  }
  const session = await verify(token);
  if (session.role !== "admin") {
    return NextResponse.json({ error: "forbidden" }, { status: 403 });
  }
  return NextResponse.json({ id: session.sub });
}
