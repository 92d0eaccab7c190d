/** The steps that ask others: the issuer, the cloud's token service, the cloud. */

import { createCredentialCache } from '@credex/core';
import type { AnyCredentials, AnyProvider } from '../entry/entry-provider.js';
import { entryProvider } from '../entry/entry-provider.js';
import { entryTokenSource } from '../entry/entry-token-source.js';
import { explainPolicy } from '../explain/explain-policy.js';
import { readPolicyFile } from '../explain/read-policy-file.js';
import { duration } from '../whoami/durations.js';
import type { Case, Passed, Step } from './case.js';
import { WITHOUT_TOKEN, known } from './case.js';
import { comparedClocks } from './clock.js';
import { Fault } from './fault.js';
import { reach, reachingFetch } from './reach.js';
import { used } from './use.js';
import { shown } from '../visible.js';

const WITHOUT: Passed = WITHOUT_TOKEN;

export const issuer: Step = async ({ io, token }, signal) => {
  if (token === undefined) return WITHOUT;
  const iss = known(token.claims.iss);
  const url = new URL(`${iss}/.well-known/openid-configuration`);
  const answer = await reach(io, url, signal);
  const warnings = comparedClocks(io, url.host, answer);
  if (answer.status !== 200) {
    const code = answer.status >= 500 ? 'issuer_unavailable' : 'issuer_unknown';
    throw new Fault(code, `The issuer answers with HTTP ${answer.status}: no cloud can fetch its keys.`, {
      host: url.host,
    });
  }
  if (issuerIn(answer.body) !== iss)
    throw new Fault('issuer_disagrees', `What answers at ${url.host} does not call itself ${shown(iss)}.`, {
      host: url.host,
    });
  return { says: answer.phases, warnings };
};

function issuerIn(body: string): unknown {
  try {
    return (JSON.parse(body) as { readonly issuer?: unknown } | null)?.issuer;
  } catch {
    return undefined;
  }
}

export const signature: Step = async ({ io, token, issuer: named }, signal) => {
  if (token === undefined) return WITHOUT;
  const { verifySignature } = await import('../whoami/verify.js');
  const verdict = await verifySignature(
    { ...io, signal, fetch: reachingFetch(io, signal) },
    token,
    known(named),
  );
  const [finding] = verdict.findings;
  if (!verdict.verified)
    throw new Fault(finding?.code ?? 'not_verifiable', finding?.message ?? 'It is not verified.');
  return { says: 'verified by a key that the issuer publishes' };
};

export const cloud: Step = async ({ io, endpoints = [] }, signal) => {
  const says: string[] = [];
  const warnings: string[] = [];
  for (const { origin, host } of endpoints) {
    const answer = await reach(io, new URL('/', origin), signal);
    // The request asks for nothing: any response will do, except that the service itself is failing.
    if (answer.status >= 500)
      throw new Fault('cloud_unavailable', `${host} answers with HTTP ${answer.status}.`, { host });
    warnings.push(...comparedClocks(io, host, answer));
    says.push(answer.phases);
  }
  return { says: says.join('; '), warnings };
};

export const exchange: Step = async (the, signal) => {
  const issued = await issuedTo(the, signal).catch(async (error: unknown) => {
    await explained(the);
    throw error;
  });
  return { says: `${whatOf(issued)}, ${duration(issued.expiresAt - the.io.clock.now())} left` };
};

/** With `--policy`: the cloud says no, and the policy why. */
async function explained({ io, options, entry, token }: Case): Promise<void> {
  if (options.policy === undefined || token === undefined) return;
  const { provider } = known(entry);
  const policy = await readPolicyFile(io, '--policy', options.policy);
  const roleArn = entry?.provider === 'aws' ? entry.roleArn : undefined;
  const { findings } = await explainPolicy(io, {
    cloud: provider,
    policy,
    claims: token.claims,
    roleArn,
    now: io.clock.now(),
  });
  const error = findings.find(({ severity }) => severity === 'error');
  if (error !== undefined) throw new Fault(error.code, error.message, { hint: error.fix });
}

export const use: Step = async (the, signal) => ({
  says: await used(the, await issuedTo(the, signal), signal),
});

/** By the entry's own provider; `use` takes what `exchange` got. */
async function issuedTo(the: Case, signal: AbortSignal): Promise<AnyCredentials> {
  the.provider ??= await providerOf(the);
  return the.provider.getCredentials({ signal });
}

function providerOf({ io, found, name, entry }: Case): Promise<AnyProvider> {
  return entryProvider(known(name), known(entry), {
    clock: io.clock,
    cache: createCredentialCache(),
    ...(found === undefined ? {} : { tokenSource: entryTokenSource(io, () => Promise.resolve(found)) }),
  });
}

function whatOf(issued: AnyCredentials): string {
  if ('accessKeyId' in issued) return `a session of account ${shown(issued.accountId)}`;
  return 'accessToken' in issued ? `an access token of ${shown(issued.principal)}` : 'an access token';
}
