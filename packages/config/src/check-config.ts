/** Checks a whole configuration and reports every problem at once. */

import { didYouMean, ownCopy, shown } from '@credex/core/internal';
import type { Config } from './define-config.js';
import { isObject, issueAt, issuesOf, unknownKey, type Issue } from './check-option.js';
import {
  ConfigError,
  pathText,
  shownKey,
  problemAt,
  variableAt,
  type ConfigProblem,
  type KeyPath,
  type Source,
} from './config-error.js';
import {
  CREDENTIAL_NAME,
  MAX_NAME_LENGTH,
  collision,
  variableOf,
  OPTIONS,
  PROVIDERS,
  isProviderName,
} from './option-table.js';
import { variantIssues } from './variants.js';
import { cleanServerText } from '@credex/core/failure';

// A configuration must not contain secrets. A value that looks like a secret is refused, and not printed.

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

interface FoundSecret {
  readonly path: KeyPath;
  /** What the value looks like, in words. */
  readonly what: string;
}

/** @param value Must not contain itself. */
function secretsIn(value: unknown, path: KeyPath = []): readonly FoundSecret[] {
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

/** A session policy inside a list has about ten levels. */
const MAX_DEPTH = 20;

/** Limits the work: the position of each problem in the file is looked up. */
const MAX_PROBLEMS = 100;

/**
 * Returns a frozen copy of the configuration, so that later changes to the original have no effect.
 * @param more Problems that were found earlier, such as variables that match no option.
 * @throws ConfigError with every problem
 */
export function checkedConfig(given: unknown, source: Source, more: readonly ConfigProblem[] = []): Config {
  const raw = ownTree(given);
  if (isDeeper(raw, MAX_DEPTH)) {
    const message = `The configuration nests deeper than ${MAX_DEPTH} levels, or contains itself.`;
    throw new ConfigError(source.name, [{ code: 'invalid_option', path: '(the whole)', message }]);
  }
  const secrets = [...firstOf(MAX_PROBLEMS, secretsIn(raw))].map(({ path, what }): Issue => {
    const environmentVariable = variableAt(source, path);
    const from = environmentVariable === undefined ? '' : ` (${environmentVariable})`;
    const message =
      `\`${pathText(path)}\`${from} looks like ${what}. A configuration must not contain secrets, and credex needs none: ` +
      'remove it, and revoke it if it was shared or committed.';
    return issueAt(path, message, 'invalid_option', environmentVariable);
  });
  // Do not report a value twice: as a secret and as unknown or malformed.
  const reported = new Set(secrets.map(({ path }) => pathText(path)));
  const others = [...firstOf(MAX_PROBLEMS, wholeIssues(raw, source))].filter(
    ({ path }) => !reported.has(pathText(path)),
  );
  const found = [...secrets, ...others].map(({ path, ...problem }) => problemAt(source, path, problem));
  const [first, ...rest] = [...found, ...more];
  if (first !== undefined) throw new ConfigError(source.name, [first, ...rest]);
  return frozenCopy(raw) as Config;
}

/** The first items of an iterable. The rest is not computed. */
function* firstOf<T>(limit: number, all: Iterable<T>): Generator<T> {
  let left = limit;
  if (left === 0) return;
  for (const one of all) {
    yield one;
    left -= 1;
    if (left === 0) return;
  }
}

function* wholeIssues(raw: unknown, source: Source): Generator<Issue> {
  if (!isObject(raw)) {
    yield issueAt([], 'A configuration must be an object with `credentials`.');
    return;
  }
  const known = ['default', 'credentials', '$schema'];
  for (const key of Object.keys(raw)) if (!known.includes(key)) yield unknownKey([key], key, known);
  const { credentials } = raw;
  if (!isObject(credentials) || Object.keys(credentials).length === 0) {
    const message =
      "`credentials` must be an object with at least one entry, such as { store: { provider: 'aws', … } }.";
    yield issueAt(['credentials'], message, credentials === undefined ? 'missing_option' : 'invalid_option');
    return;
  }
  yield* nameIssues(raw['default'], Object.keys(credentials), source);
  for (const [name, value] of Object.entries(credentials)) {
    if (!Array.isArray(value)) yield* entryIssues(name, value, ['credentials', name], source);
    else {
      for (const [index, item] of value.entries())
        yield* entryIssues(name, item, ['credentials', name, index], source);
    }
    yield* variantIssues(name, value);
  }
}

function* nameIssues(given: unknown, names: readonly string[], source: Source): Generator<Issue> {
  for (const name of names) {
    const path = ['credentials', name];
    if (!CREDENTIAL_NAME.pattern.test(name) || name.length > MAX_NAME_LENGTH) {
      const message = `The name \`${shownKey(name)}\` must be ${CREDENTIAL_NAME.says}; at most ${MAX_NAME_LENGTH} characters.`;
      yield issueAt(path, message);
    }
  }
  const [shorter, longer, variable] = collision(names) ?? [];
  if (shorter !== undefined && longer !== undefined) {
    const message = `The names \`${shownKey(shorter)}\` and \`${shownKey(longer)}\` conflict: ${shown(variable ?? '')} could mean either. Rename one.`;
    yield issueAt(['credentials', longer], message, 'conflicting_options');
  }
  if (given === undefined || (typeof given === 'string' && names.includes(given))) return;
  const environmentVariable = variableAt(source, ['default']);
  const from = environmentVariable === undefined ? '' : ` (${environmentVariable})`;
  const message =
    `\`default\`${from} must be one of the names in \`credentials\`: ${shown(names.map(shownKey).join(', '))}.` +
    (typeof given === 'string' ? didYouMean(given, names) : '');
  yield issueAt(['default'], message, 'invalid_option', environmentVariable);
}

function* entryIssues(name: string, value: unknown, path: KeyPath, source: Source): Generator<Issue> {
  if (!isObject(value)) {
    const message = `\`${pathText(path)}\` must be an object with \`provider\`: ${PROVIDERS.join(', ')}.`;
    yield issueAt(path, message);
    return;
  }
  const { provider } = value;
  if (!isProviderName(provider)) {
    const at = [...path, 'provider'];
    const meant = typeof provider === 'string' ? didYouMean(provider, PROVIDERS) : '';
    const environmentVariable = variableAt(source, at) ?? variableOf(name, 'provider');
    const says = `must be one of ${PROVIDERS.map((one) => `'${one}'`).join(', ')}`;
    const message = `\`${pathText(at)}\` (${environmentVariable}) ${says}.${meant}`;
    yield issueAt(
      at,
      message,
      provider === undefined ? 'missing_option' : 'invalid_option',
      environmentVariable,
    );
    return;
  }
  const table = OPTIONS[provider];
  const known = Object.keys(table);
  for (const [key, given] of Object.entries(value)) {
    const at = [...path, key];
    const row = Object.hasOwn(table, key) ? table[key] : undefined;
    if (row !== undefined) yield* issuesOf(row, given, at, source);
    else if (key !== 'provider') yield unknownOption(at, key, provider, known);
  }
  for (const [option, { required, grammar }] of Object.entries(table)) {
    if (required !== true || value[option] !== undefined) continue;
    const at = [...path, option];
    const environmentVariable = variableOf(name, option);
    const must = grammar === undefined ? '' : ` It must be ${grammar.says}.`;
    const message = `\`${pathText(at)}\` is missing: add it, or set ${environmentVariable}.${must}`;
    yield issueAt(at, message, 'missing_option', environmentVariable);
  }
}

function unknownOption(path: KeyPath, key: string, provider: string, known: readonly string[]): Issue {
  const others = PROVIDERS.filter((other) => other !== provider && Object.hasOwn(OPTIONS[other], key));
  const belongs = others.length === 0 ? '' : ` It is an option of ${others.join(' and ')}.`;
  const { message } = unknownKey(path, key, known);
  return issueAt(path, message.replace(' is not known.', ` is not an option of ${provider}.${belongs}`));
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

function frozenCopy(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy));
  if (!isObject(value)) return value;
  return Object.freeze(
    ownCopy(Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, frozenCopy(inner)]))),
  );
}

/** Copies own members recursively into objects without a prototype. Values nested too deeply are not copied. */
export function ownTree(value: unknown, levels: number = MAX_DEPTH): unknown {
  if (levels < 0) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => ownTree(item, levels - 1));
  if (!isObject(value)) return value;
  return ownCopy(
    Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, ownTree(inner, levels - 1)])),
  );
}
