/** Whether the cloud takes the credential, by a call that needs no permission and changes nothing. */

import type { AwsCredentials } from '@credex/aws';
import type { AwsEntry, AzureEntry, GcpEntry } from '@credex/config';
import type { AnyCredentials } from '../entry/entry-provider.js';
import type { Case } from './case.js';
import { known } from './case.js';
import { Fault } from './fault.js';
import { reach } from './reach.js';
import { shown } from '../visible.js';

type AwsKeys = Pick<AwsCredentials, 'accessKeyId' | 'secretAccessKey' | 'sessionToken'>;

const CALLER = {
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: 'Action=GetCallerIdentity&Version=2011-06-15',
};

/** @returns as whom. @throws Fault `use_refused`, `other_identity` */
export async function used(the: Case, issued: AnyCredentials, signal: AbortSignal): Promise<string> {
  const entry = known(the.entry);
  if (entry.provider === 'aws') return asAws(the, entry, issued, signal);
  return entry.provider === 'gcp' ? asGoogle(the, entry, issued, signal) : asAzure(entry, issued);
}

/** GetCallerIdentity is answered whatever the policies say. */
async function asAws(
  the: Case,
  entry: AwsEntry,
  issued: AnyCredentials,
  signal: AbortSignal,
): Promise<string> {
  const url = new URL('/', known(the.endpoints?.[0]));
  const { method, headers, body } = CALLER;
  const { AwsV4Signer } = await import('aws4fetch');
  const signer = new AwsV4Signer({
    method,
    url: url.href,
    headers,
    body,
    ...keysIn(issued),
    service: 'sts',
    region: regionIn(url) ?? entry.region ?? 'us-east-1',
    datetime: new Date(the.io.clock.now()).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
  });
  const signed = await signer.sign();
  const answer = await reach(the.io, url, signal, {
    method,
    headers: Object.fromEntries(signed.headers as Headers),
    body,
  });
  const arn = /<Arn>([^<]+)<\/Arn>/.exec(answer.body)?.[1];
  if (answer.status !== 200 || arn === undefined) throw refused(answer.status, url);
  const [, , , , account] = entry.roleArn.split(':');
  const role = entry.roleArn.split('/').at(-1) ?? '';
  // A laptop's profile is another's on purpose.
  const isOwn = arn.includes(`:${account}:assumed-role/${role}/`) || entry.local !== undefined;
  if (!isOwn) throw new Fault('other_identity', `The session is of ${shown(arn)}, not of ${entry.roleArn}.`);
  return shown(arn);
}

function keysIn(issued: AnyCredentials): AwsKeys {
  if (!('accessKeyId' in issued)) throw new TypeError('An AWS entry gave no AWS credentials.');
  const { accessKeyId, secretAccessKey, sessionToken } = issued;
  return { accessKeyId, secretAccessKey, sessionToken };
}

/** `eu-west-1` of `sts.eu-west-1.amazonaws.com`. The global endpoint, and one of another name, have none. */
const regionIn = ({ hostname }: URL): string | undefined =>
  /^sts(?:-fips)?\.([a-z]+(?:-[a-z]+)+-\d+)\./.exec(hostname)?.[1];

/** This bucket does not exist. The service authenticates the caller before it says so: 401 means an invalid token. */
async function asGoogle(
  { io }: Case,
  entry: GcpEntry,
  issued: AnyCredentials,
  signal: AbortSignal,
): Promise<string> {
  if (!('accessToken' in issued)) throw new TypeError('A Google Cloud entry gave no access token.');
  const universe = entry.universeDomain ?? 'googleapis.com';
  const url = new URL(`https://storage.${universe}/storage/v1/b/credex-doctor-${entry.projectNumber}`);
  const { status } = await reach(io, url, signal, {
    headers: { authorization: `Bearer ${issued.accessToken}` },
  });
  if (status === 401 || status >= 500) throw refused(status, url);
  return shown(issued.principal);
}

/** A token is for its resource alone to read; Entra's have been JWTs that say whose they are. */
function asAzure(entry: AzureEntry, issued: AnyCredentials): string {
  if (!('token' in issued)) throw new TypeError('An Azure entry gave no access token.');
  const claims = claimsIn(issued.token);
  const said = (name: string): string => {
    const value = claims[name];
    return typeof value === 'string' ? shown(value) : '?';
  };
  // Tokens of the first version name the application by the former, those of the second by the latter.
  const client = said('appid' in claims ? 'appid' : 'azp');
  if (client === '?') return 'an access token that only its resource reads';
  if (client.toLowerCase() !== entry.clientId.toLowerCase())
    throw new Fault(
      'other_identity',
      `The access token is of the application ${client}, not ${entry.clientId}.`,
    );
  return `application ${client}, object ${said('oid')} of tenant ${said('tid')}, for ${said('aud')}`;
}

function claimsIn(jwt: string): Readonly<Record<string, unknown>> {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const refused = (status: number, { host }: URL): Fault =>
  new Fault('use_refused', `${host} does not take the credential (HTTP ${status}).`, { host });
