export type { RequestLike } from './request-token-source.js';
export { requestTokenSource } from './request-token-source.js';
export type { VercelTokenSourceOptions } from './vercel-token-source.js';
export { vercelTokenSource } from './vercel-token-source.js';
