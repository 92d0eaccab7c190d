/**
 * The content security policy of a page, as its first element: a page loads its own scripts, styles and pictures, and sends
 * nothing anywhere. No script may open a connection, a form cannot be sent, and the scripts inside the page are named by
 * their hashes.
 */

import { createHash } from 'node:crypto';

const INLINE_SCRIPT = /<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g;

const hashed = (script: string): string => `'sha256-${createHash('sha256').update(script).digest('base64')}'`;

export function withContentSecurityPolicy(html: string): string {
  const scripts = [...html.matchAll(INLINE_SCRIPT)].map(([, script = '']) => hashed(script));
  const policy = [
    "default-src 'none'",
    `script-src 'self' ${[...new Set(scripts)].join(' ')}`.trim(),
    "worker-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self'",
    'img-src data:',
    "connect-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return html.replace(
    /<head>\s*<meta charset="utf-8">/,
    (head) => `${head}\n    <meta http-equiv="Content-Security-Policy" content="${policy}">`,
  );
}
