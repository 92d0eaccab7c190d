export type { HeaderGetter, HeadersLike, RequestLike } from './request-token-source.js';
export { requestTokenSource } from './request-token-source.js';
export type { VercelTokenSourceOptions } from './source-options.js';
export { vercelTokenSource } from './vercel-token-source.js';
export { vercelInvocation } from './vercel-invocation.js';
