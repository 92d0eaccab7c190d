/** The exports for provider packages. Users import from `@credex/vercel`. */

export { onVercel } from '@credex/core/internal';
export { TOKEN_HEADER, vercelInvocation } from './platform/request-context.js';
export { requestTokenSource } from './platform/request-token-source.js';
export type { HeaderGetter, HeadersLike, RequestLike } from './platform/request-token-source.js';
export { SOURCE_OPTION_NAMES, VERCEL, sourceTools } from './platform/source-options.js';
export type { SourceTools, VercelTokenSourceOptions } from './platform/source-options.js';
export { vercelPlatform, vercelTokenSource } from './platform/vercel-token-source.js';
export type { LocalSwitch } from './platform/vercel-token-source.js';
