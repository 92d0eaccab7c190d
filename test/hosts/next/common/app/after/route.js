import { after, connection } from 'next/server';
import { askClouds } from '../../ask-clouds.mjs';

let asked;

/** Asks after the response; `?wait` waits for what came of it. */
export async function GET(request) {
  await connection();
  if (new URL(request.url).searchParams.has('wait')) return Response.json(await asked);
  asked = new Promise((resolve) => {
    after(async () => resolve(await askClouds()));
  });
  return new Response('later');
}
