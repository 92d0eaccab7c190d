import { connection } from 'next/server';
import { askClouds } from '../../ask-clouds.mjs';

export async function GET() {
  await connection();
  return Response.json(await askClouds());
}
