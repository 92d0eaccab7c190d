// `node run-client.ts aws/client-s3.ts`: the client's call with a token that the cloud accepts, then with one that it
// refuses; prints one line of JSON.
import { getAwsCredentials } from '@credex/aws';
import { getAzureCredentials } from '@credex/azure';
import { FederationError } from '@credex/core';
import { getGcpCredentials } from '@credex/gcp';
import { options, tokens } from './deployment.ts';

/** Longer than any client takes; the group ends the process later still. */
const LIMIT_MS = 20_000;

interface Client {
  /** Makes the client as a user would, and calls the service; throws unless the credential arrived there. */
  call(): Promise<string | void>;
}

interface Outcome {
  readonly ok: boolean;
  /** What was shown, or what went wrong. */
  readonly detail: string;
  /** How a refusal reaches the user. */
  readonly arrives?: string;
}

function bounded<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`There was no answer in ${LIMIT_MS} ms.`)), LIMIT_MS);
    promise.then(resolve, reject);
  });
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Where in an error of the client ours is: `error`, `error.cause`, … */
function placeOf(error: unknown, path = 'error', seen = new Set<unknown>()): string | undefined {
  if (!isObject(error) || seen.has(error)) return undefined;
  seen.add(error);
  if (FederationError.isInstance(error)) return path;
  const inner = ['cause', 'error', 'lastError', 'innerError', 'originalError', 'errors', 'parent'];
  for (const name of inner) {
    const values = Array.isArray(error[name]) ? error[name] : [error[name]];
    for (const value of values) {
      const found = placeOf(value, `${path}.${name}`, seen);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

async function success({ call }: Client): Promise<Outcome> {
  try {
    return { ok: true, detail: (await bounded(call())) ?? '' };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** What our own call is told: a client that keeps nothing else of an error keeps its message. */
async function ownRefusal(cloud: string): Promise<string> {
  const get = { aws: getAwsCredentials, gcp: getGcpCredentials, azure: getAzureCredentials }[cloud];
  const given = options[cloud as keyof typeof options];
  try {
    await get?.(given as object);
  } catch (error) {
    if (FederationError.isInstance(error)) return error.message.slice(0, 60);
  }
  throw new Error(`The emulator accepts the other token: ${cloud}`);
}

async function refusal({ call }: Client, cloud: string): Promise<Outcome> {
  const own = await ownRefusal(cloud);
  try {
    await bounded(call());
    return { ok: false, detail: 'The call succeeded with a token that the cloud refuses.' };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const arrives = placeOf(error) ?? (message.includes(own) ? 'error.message' : undefined);
    return { ok: arrives !== undefined, arrives: arrives ?? 'nowhere', detail: `${name}: ${message}` };
  }
}

const [file = ''] = process.argv.slice(2);
const client = (await import(`../${file}`)) as Client;
const start = performance.now();
process.env['VERCEL_OIDC_TOKEN'] = tokens.production;
const good = await success(client);
process.env['VERCEL_OIDC_TOKEN'] = tokens.preview;
const bad = await refusal(client, file.split('/')[0] ?? '');
console.log(JSON.stringify({ success: good, refusal: bad, ms: Math.round(performance.now() - start) }));
process.exit(0);
