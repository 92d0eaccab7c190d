/** Runs work while `Object.prototype` has an unexpected member, and records what the work does to the outside. */

import { vi } from 'vitest';

/** What one run showed: requests with their bodies, what it returned or threw. Compared as text. */
export type Trace = string;

export const ATTACKER = 'https://attacker.example';

let turn = 0;
let isThorough = false;

/** From now on each name is tried with all values. */
export function tryAllValues(): void {
  isThorough = true;
}

/** What a polluted member may hold; JSON can bring all but the function. Two values in turns, unless all are to be tried. */
export function hostileValues(token: string): readonly unknown[] {
  const all = [
    ATTACKER,
    token,
    true,
    1_000,
    [ATTACKER],
    { projectId: 'prj_attacker', environment: 'production', authorization: token },
    () => token,
  ];
  if (isThorough) return all;
  turn += 1;
  return [turn, turn + 3].map((index) => all[index % all.length]);
}

/** As an assignment in a merge would leave it: enumerable, writable. Gone when the work is done. */
export async function polluted<T>(name: string, value: unknown, work: () => Promise<T>): Promise<T> {
  const root = Object.prototype as Record<string, unknown>;
  if (name in root) throw new Error(`Object.prototype has ${name} already.`);
  root[name] = value;
  try {
    return await work();
  } finally {
    delete root[name];
  }
}

/** Names of the variables that `work` looks for, found by looking on: a new one is covered as it is. */
export async function variablesReadBy(work: () => Promise<unknown>): Promise<readonly string[]> {
  const read = new Set<string>();
  const before = process.env;
  const note = (name: string | symbol): void => void (typeof name === 'string' && read.add(name));
  process.env = new Proxy(before, {
    get: (env, name) => (note(name), Reflect.get(env, name) as unknown),
    getOwnPropertyDescriptor: (env, name) => (note(name), Reflect.getOwnPropertyDescriptor(env, name)),
  });
  try {
    await work();
  } finally {
    process.env = before;
  }
  // Node reads its own variables when it starts a program.
  const isOurs = (name: string): boolean =>
    !Object.hasOwn(before, name) && !(name in Object.prototype) && !/^NODE_(?!ENV$)/.test(name);
  return [...read].filter(isOurs);
}

/** The names that a function says it knows when it is given one that it doesn't. */
export async function namesKnownTo(call: (options: object) => unknown): Promise<readonly string[]> {
  try {
    await call({ 'no such option': 1 });
  } catch (error) {
    const list = /(?:It knows|Known here:) ([\w$, ]+)\./.exec((error as Error).message)?.[1];
    if (list !== undefined) return list.split(', ');
    throw error;
  }
  throw new Error('An unknown option was not refused.');
}

let runs = 0;

/** A fetch that notes what is sent and answers by `respond`. */
export class Recorder {
  readonly sent: unknown[] = [];
  readonly #respond: (url: URL) => Response;

  constructor(respond: (url: URL) => Response) {
    this.#respond = respond;
  }

  /** Its own in each run: what one run cached answers no other. */
  readonly token: string = jwt({ ...CLAIMS, jti: `run-${++runs}` });

  /** Reads its arguments as carelessly as most do. */
  readonly fetch = async (input: URL | string | Request, init: RequestInit = {}): Promise<Response> => {
    const url = String(input);
    const { method, headers, body, redirect, mode, cache, credentials } = init;
    const { agent, dispatcher } = init as { readonly agent?: unknown; readonly dispatcher?: unknown };
    const shown = Object.fromEntries(new Headers(headers));
    const given = { redirect, mode, cache, credentials, agent, dispatcher };
    this.sent.push({ url, method, headers: shown, body, ...given });
    return this.#respond(new URL(url));
  };
}

export async function traceOf(work: (recorder: Recorder) => Promise<unknown>): Promise<Trace> {
  const recorder = new Recorder(responseOf);
  let outcome: unknown;
  try {
    outcome = { returned: await work(recorder) };
  } catch (error) {
    const { name, code, message } = error as Error & { readonly code?: unknown };
    outcome = { name, code, message };
  }
  const text = JSON.stringify({ outcome, sent: recorder.sent }, (_name, value: unknown) =>
    typeof value === 'function' ? 'a function' : value,
  );
  return text.replaceAll(recorder.token, 'TOKEN');
}

const HOUR = 3_600;
export const NOW: number = Date.parse('2026-11-30T12:00:00Z');
export const clock = { now: (): number => NOW, monotonic: (): number => 0 };
/** With its own headers: Response itself reads them by inheritance. */
const json = (body: object): Response =>
  new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });

/** Each cloud in its own words, with the least that a response must have. */
function responseOf(url: URL): Response {
  if (url.hostname.startsWith('sts.') && url.hostname.includes('amazonaws'))
    return new Response(
      `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>session</SessionToken><Expiration>2026-11-30T13:00:00Z</Expiration></Credentials><AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/app/credex</Arn></AssumedRoleUser></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
      { headers: { 'content-type': 'text/xml' } },
    );
  if (url.hostname === 'sts.googleapis.com')
    return json({ access_token: 'federated', token_type: 'Bearer', expires_in: HOUR });
  if (url.pathname.endsWith(':generateIdToken'))
    return json({ token: jwt({ ...CLAIMS, aud: 'https://api.example' }) });
  if (url.hostname === 'iamcredentials.googleapis.com')
    return json({ accessToken: 'account', expireTime: '2026-11-30T13:00:00Z' });
  if (url.hostname === 'login.microsoftonline.com')
    return json({ access_token: 'entra', token_type: 'Bearer', expires_in: HOUR });
  if (url.hostname === 'oidc.vercel.com' && url.pathname === '/~token')
    return json({ token: jwt({ ...CLAIMS, aud: 'https://api.example' }) });
  if (url.hostname.endsWith('.actions.githubusercontent.com')) return json({ value: jwt(CLAIMS) });
  return json({ nothing: true });
}

export const CLAIMS: Readonly<Record<string, unknown>> = {
  iss: 'https://oidc.vercel.com/acme',
  aud: 'https://vercel.com/acme',
  sub: 'owner:acme:project:shop:environment:production',
  owner: 'acme',
  owner_id: 'team_acme',
  project: 'shop',
  project_id: 'prj_shop',
  environment: 'production',
  iat: NOW / 1_000,
  exp: NOW / 1_000 + HOUR,
};

/** Unsigned: only a verifier looks at a signature. */
export function jwt(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256', kid: 'k' })}.${part(claims)}.c2ln`;
}

/** Variables of a process that knows nothing of its platform. */
export function bareEnvironment(): void {
  for (const name of Object.keys(process.env)) vi.stubEnv(name, undefined);
}
