/** The exports for provider packages. Users import from `@credex/vercel`. */

export { onVercel } from '@credex/core/driver';
export { TOKEN_HEADER } from './request-context.js';
export { requestTokenSource } from './request-token-source.js';
export type { HeaderGetter, HeadersLike, RequestLike } from './request-token-source.js';
export { SOURCE_OPTION_NAMES, sourceTools } from './source-options.js';
export type { SourceTools, VercelTokenSourceOptions } from './source-options.js';
export { vercelInvocation } from './vercel-invocation.js';
export { vercelTokenSource } from './vercel-token-source.js';
export type { LocalSwitch } from './vercel-token-source.js';
