/** `#sha256` where there is node:crypto: at once, without a promise. */

import nodeCrypto from 'node:crypto';

/** SHA-256 of the text's UTF-8, base64. */
export const sha256: (text: string) => string | Promise<string> =
  typeof nodeCrypto.hash === 'function'
    ? (text) => nodeCrypto.hash('sha256', text, 'base64')
    : (text) => nodeCrypto.createHash('sha256').update(text).digest('base64');
