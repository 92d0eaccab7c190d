import { requestTokenSource } from '@credex/vercel';
import { askClouds } from '../../ask-clouds.mjs';

export const runtime = 'edge';

export async function GET(request: Request): Promise<Response> {
  return Response.json(await askClouds({ tokenSource: requestTokenSource(request) }));
}
