import { requestTokenSource } from '@credex/vercel';
import { askClouds } from './ask-clouds.mjs';

export const config = { matcher: '/proxy' };

export default async function proxy(request: Request): Promise<Response> {
  return Response.json(await askClouds({ tokenSource: requestTokenSource(request) }));
}
