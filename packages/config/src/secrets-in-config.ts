/** A configuration must not contain secrets. A value that looks like a secret is refused, and not printed. */

import { shown } from '@credex/core/internal';
import { cleanServerText } from '@credex/core/failure';
import type { KeyPath } from './key-path.js';

/** Keys of secrets in any position, compared without case, `_` and `-`. */
const SECRET_KEYS: ReadonlySet<string> = new Set([
  'accesskey',
  'accesskeyid',
  'accesstoken',
  'apikey',
  'apitoken',
  'assertion',
  'awsaccesskeyid',
  'awssecretaccesskey',
  'awssessiontoken',
  'certificate',
  'clientassertion',
  'clientcertificate',
  'clientsecret',
  'connectionstring',
  'credentialsjson',
  'idtoken',
  'password',
  'passphrase',
  'privatekey',
  'privatekeyid',
  'refreshtoken',
  'secret',
  'secretaccesskey',
  'secretkey',
  'sessiontoken',
  'sharedaccesssignature',
  'token',
]);

const SECRET_VALUES: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*(?:PRIVATE KEY|CERTIFICATE)-----/, 'a PEM block'],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/, 'a JSON Web Token'],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/, 'an AWS access key'],
  [/\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{22,})/, 'a GitHub token'],
  [/\bya29\.[\w.-]{10,}/, 'a Google access token'],
  [/\bAIza[\w-]{35}\b/, 'a Google API key'],
  [/\bGOCSPX-[\w-]{10,}/, 'a Google client secret'],
  [/\b[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}(?![\w~.-])/, 'an Entra client secret'],
  [/\b(?:AccountKey|SharedAccessKey|SharedAccessSignature)=/i, 'a connection string of Azure'],
  [/\bsig=[A-Za-z0-9%+/=]{20,}/, 'a shared access signature of Azure'],
  [/\b(?:sk|rk)_live_\w{16,}|\bxox[abpors]-[\w-]{10,}|\b(?:vcp|vca|vcr|vck)_\w{20,}/, 'an API token'],
  [/"(?:private_key|client_secret)"\s*:|"type"\s*:\s*"service_account"/, "a cloud's key file"],
];

/** An AWS secret access key has no prefix: it is any 40 base64 characters that do not look like words. */
const SECRET_ACCESS_KEY = /(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/;

export interface FoundSecret {
  readonly path: KeyPath;
  /** What the value looks like, in words. */
  readonly what: string;
}

/** @param value Must not contain itself. */
export function secretsIn(value: unknown, path: KeyPath = []): readonly FoundSecret[] {
  if (typeof value === 'string') {
    const what = kindOfSecret(value);
    return what === undefined ? [] : [{ path, what }];
  }
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => secretsIn(item, [...path, index]));
  const entries = Object.entries(value);
  const type = entries.find(([key]) => key === 'type')?.[1];
  if (type === 'service_account' || type === 'authorized_user') return [{ path, what: 'a Google key file' }];
  return entries.flatMap(([key, inner]) => {
    const at = [...path, key];
    const what =
      kindOfSecret(key) ?? (isSecretKey(key, path) ? `\`${shown(key)}\`, a key for secrets` : undefined);
    return what === undefined ? secretsIn(inner, at) : [{ path: at, what }];
  });
}

/** A credential may be named `token`; an option may not. */
function isSecretKey(key: string, path: KeyPath): boolean {
  const isCredentialName = path.length === 1 && path[0] === 'credentials';
  return !isCredentialName && SECRET_KEYS.has(key.replaceAll(/[_-]/g, '').toLowerCase());
}

/** What the text looks like, in words; undefined if it is not a secret. */
function kindOfSecret(text: string): string | undefined {
  const found = SECRET_VALUES.find(([pattern]) => pattern.test(text))?.[1];
  if (found !== undefined) return found;
  const run = SECRET_ACCESS_KEY.exec(text)?.[0];
  const isMixed = run !== undefined && /[a-z]/.test(run) && /[A-Z]/.test(run) && /[\d/+]/.test(run);
  return isMixed && cleanServerText(run) !== run ? 'an AWS secret access key' : undefined;
}
