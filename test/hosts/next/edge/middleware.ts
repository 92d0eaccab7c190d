import { requestTokenSource } from '@credex/vercel';
import { askClouds } from './ask-clouds.mjs';

export const config = { matcher: '/middleware' };

export default async function middleware(request: Request): Promise<Response> {
  return Response.json(await askClouds({ tokenSource: requestTokenSource(request) }));
}
