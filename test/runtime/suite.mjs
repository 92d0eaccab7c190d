// What every runtime must do, as plain functions: no test framework runs on all of them. Each case throws where
// something is not as it should be.
import { awsCredentialsProvider, getAwsCredentials } from '@credex/aws';
import { getAzureCredentials } from '@credex/azure';
import { FederationError, OptionError, createCredentialCache } from '@credex/core';
import { getGcpCredentials } from '@credex/gcp';
import { requestTokenSource } from '@credex/vercel';

/** @typedef {import('./setting.js').Setting} Setting */

/** @type {Readonly<Record<string, (setting: Setting) => Promise<void>>>} */
const cases = {
  async 'AWS: a hundred callers, one credential'(setting) {
    const options = { ...setting.aws, tokenSource: request(setting.production) };
    // A worker's requests may not wait for each other's I/O: the credential is shared there, its making is not.
    if (!setting.sharesRefreshes) await getAwsCredentials(options);
    const all = await Promise.all(Array.from({ length: 100 }, () => getAwsCredentials(options)));
    equal(new Set(all.map((one) => one.accessKeyId)).size, 1, 'credentials');
    const { accessKeyId, secretAccessKey, sessionToken, accountId, expiresAt, expiration } = all[0];
    match(accessKeyId, /^ASIA[A-Z0-9]{16}$/);
    match(secretAccessKey, /^\S{40}$/);
    match(sessionToken, /^\S{20,}$/);
    equal(accountId, '123456789012', 'account');
    equal(expiration.getTime(), expiresAt, 'expiration');
    lasts(expiresAt, 3_600, 3_600);
  },

  async 'Google Cloud: federated'(setting) {
    const options = { ...setting.gcpFederated, tokenSource: request(setting.production) };
    const one = await getGcpCredentials(options);
    equal((await getGcpCredentials(options)).accessToken, one.accessToken, 'credential');
    match(one.principal, /^principal:\/\/iam\.googleapis\.com\/.+environment:production$/);
    lasts(one.expiresAt, 3_600, 3_600);
  },

  async 'Google Cloud: as a service account'(setting) {
    const options = { ...setting.gcp, tokenSource: request(setting.production) };
    const { accessToken, principal, expiresAt } = await getGcpCredentials(options);
    match(accessToken, /^\S{20,}$/);
    equal(principal, setting.gcp.serviceAccountEmail, 'principal');
    lasts(expiresAt, 3_600, 3_600);
  },

  async 'Azure: two scopes are two tokens'(setting) {
    const options = { ...setting.azure, tokenSource: request(setting.production) };
    const storage = await getAzureCredentials({ ...options, scopes: 'https://storage.azure.com/.default' });
    const vault = await getAzureCredentials({ ...options, scopes: 'https://vault.azure.net/.default' });
    if (storage.token === vault.token) throw new Error('one token for two scopes');
    equal(storage.expiresOnTimestamp, storage.expiresAt, 'end');
    lasts(storage.expiresAt, 3_600, 5_400);
  },

  async 'a preview token is refused, with the cloud’s own words and no token'(setting) {
    const tokenSource = request(setting.preview);
    await refused(getAwsCredentials({ ...setting.aws, tokenSource }), 'access_denied', setting);
    await refused(getGcpCredentials({ ...setting.gcp, tokenSource }), 'subject_not_allowed', setting);
    await refused(getAzureCredentials({ ...setting.azure, tokenSource }), 'subject_not_allowed', setting);
  },

  async 'an expired token is not sent'(setting) {
    const tokenSource = request(setting.expired);
    await refused(getAwsCredentials({ ...setting.aws, tokenSource }), 'subject_token_expired', setting);
  },

  async 'a token of another audience comes from Vercel'(setting) {
    const tokenSource = requestTokenSource(requestWith(setting.production), {
      tokenEndpoint: setting.tokenEndpoint,
    });
    const options = { ...setting.azure, tokenSource, audience: setting.otherAudience };
    await refused(getAzureCredentials(options), 'audience_mismatch', setting);
  },

  async 'forceRefresh and invalidate ask again'(setting) {
    const options = {
      ...setting.aws,
      tokenSource: request(setting.production),
      cache: createCredentialCache(),
    };
    const provider = awsCredentialsProvider(options);
    const first = await provider();
    const second = await provider.getCredentials({ forceRefresh: true });
    if (first.accessKeyId === second.accessKeyId) throw new Error('forceRefresh brought the same credential');
    equal((await provider()).accessKeyId, second.accessKeyId, 'held');
    equal(provider.status().state, 'fresh', 'state');
  },

  async 'misuse is reported when the provider is made'(setting) {
    const error = await thrownBy(async () => getAwsCredentials({ ...setting.aws, roleArn: 'nonsense' }));
    if (!OptionError.isInstance(error)) throw new Error(`not an OptionError: ${String(error)}`);
    equal(error.option, 'roleArn', 'option');
  },

  async 'a caller’s own signal'(setting) {
    const provider = awsCredentialsProvider({
      ...setting.aws,
      endpoint: setting.hostile.silent,
      tokenSource: request(setting.production),
      cache: createCredentialCache(),
    });
    const controller = new AbortController();
    const call = provider.getCredentials({ signal: controller.signal });
    controller.abort();
    await refused(call, 'aborted', setting);
  },

  async 'the way to the network is the runtime’s own'(setting) {
    const original = globalThis.fetch;
    let fetches = 0;
    globalThis.fetch = (...args) => {
      fetches += 1;
      return original(...args);
    };
    try {
      const cache = createCredentialCache();
      await getAwsCredentials({ ...setting.aws, tokenSource: request(setting.production), cache });
    } finally {
      globalThis.fetch = original;
    }
    equal(fetches, setting.transport === 'fetch' ? 1 : 0, 'fetches');
  },
};

/**
 * Servers that misbehave, each with a separate cache. So they run at the same time: those that say nothing are waited
 * for together. Five at a time: workerd opens six connections for a request.
 *
 * @type {readonly Readonly<Record<string, readonly [server: string, code: string]>>[]}
 */
const HOSTILE = [
  {
    'a byte a second': ['slow', 'timeout'],
    'no answer': ['silent', 'timeout'],
    'a connection and no TLS': ['deaf', 'timeout'],
    'a redirect is not followed': ['redirect', 'redirect_refused'],
    'an endless answer': ['endless', 'invalid_response'],
  },
  {
    'reset as soon as there is a connection': ['resetAtOnce', 'network'],
    'reset in the handshake': ['resetInHandshake', 'network'],
    'cut in the middle of a header': ['cutHeader', 'network'],
    'reset before the answer': ['reset', 'network'],
    'reset in the middle of the answer': ['cut', 'network'],
  },
  { 'nothing listens': ['closed', 'network'], 'a certificate for another name': ['wrongName', 'network'] },
];

/** The names of all cases. */
export const names = [...Object.keys(cases), ...HOSTILE.flatMap((group) => Object.keys(group))];

/** @returns {Promise<readonly { readonly name: string, readonly failed?: string }[]>} */
export async function runSuite(setting) {
  const results = [];
  for (const [name, run] of Object.entries(cases)) results.push(await resultOf(name, () => run(setting)));
  for (const group of HOSTILE)
    results.push(
      ...(await Promise.all(
        Object.entries(group).map(([name, [server, code]]) =>
          resultOf(name, () => hostile(setting, server, code)),
        ),
      )),
    );
  return results;
}

async function resultOf(name, run) {
  try {
    await run();
    return { name };
  } catch (error) {
    return { name, failed: String(error?.stack ?? error) };
  }
}

const requestWith = (token) =>
  new Request('https://shop.example/orders', { headers: { 'x-vercel-oidc-token': token } });

const request = (token) => requestTokenSource(requestWith(token));

/** Each ends within its time limit; a separate limit for each, so that no retry of one counts for the next. */
async function hostile(setting, which, code) {
  const options = {
    ...setting.aws,
    endpoint: setting.hostile[which],
    tokenSource: request(setting.production),
    cache: createCredentialCache(),
    timeoutMs: 1_500,
  };
  const began = Date.now();
  await refused(getAwsCredentials(options), code, setting);
  if (Date.now() - began > 8_000) throw new Error(`took ${Date.now() - began} ms`);
}

async function refused(promise, code, setting) {
  const error = await thrownBy(() => promise);
  if (!FederationError.isInstance(error)) throw new Error(`not a FederationError: ${error?.stack ?? error}`);
  if (error.code !== code)
    throw new Error(`${error.code} where ${code} is expected: ${error.message} (${error.cause?.stack})`);
  const said = `${error.stack} ${JSON.stringify(error)} ${error.cause?.stack}`;
  for (const token of [setting.production, setting.preview, setting.expired]) {
    const [, payload, signature] = token.split('.');
    if (said.includes(payload.slice(0, 40)) || said.includes(signature.slice(0, 24)))
      throw new Error('the error holds the token');
  }
}

async function thrownBy(run) {
  try {
    await run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

function lasts(expiresAt, least, most) {
  const left = (expiresAt - Date.now()) / 1_000;
  if (!(left > least - 60 && left <= most + 5)) throw new Error(`lasts ${left} s`);
}

function equal(found, wanted, what) {
  if (found !== wanted) throw new Error(`${what}: ${String(found)} where ${String(wanted)} is expected`);
}

function match(text, pattern) {
  if (!pattern.test(text))
    throw new Error(`a text of ${String(text).length} characters does not match ${pattern}`);
}
