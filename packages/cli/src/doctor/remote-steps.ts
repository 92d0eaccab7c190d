/** The steps that send requests: to the issuer, the cloud's token service and the cloud. */

import type { Credential } from '@credex/core';
import { createCredentialCache } from '@credex/core';
import { entryProvider } from '../entry/entry-provider.js';
import { entryTokenSource } from '../entry/entry-token-source.js';
import { explainPolicy } from '../explain/explain-policy.js';
import { readPolicyFile } from '../explain/read-policy-file.js';
import { UsageError } from '../usage-error.js';
import { duration } from '../whoami/durations.js';
import type { DoctorContext, Step } from './context.js';
import { WITHOUT_TOKEN, known } from './context.js';
import { comparedClocks } from './clock.js';
import { Fault } from './fault.js';
import { reach, reachingFetch } from './reach.js';
import { shown } from '../visible.js';

export const issuer: Step = async ({ io, token }, signal) => {
  if (token === undefined) return WITHOUT_TOKEN;
  const iss = known(token.claims.iss);
  const url = new URL(`${iss}/.well-known/openid-configuration`);
  const answer = await reach(io, url, signal);
  const warnings = comparedClocks(io, url.host, answer);
  if (answer.status !== 200) {
    const code = answer.status >= 500 ? 'issuer_unavailable' : 'issuer_unknown';
    throw new Fault(code, `The issuer responds with HTTP ${answer.status}, so no cloud can fetch its keys.`, {
      host: url.host,
    });
  }
  if (issuerIn(answer.body) !== iss)
    throw new Fault(
      'issuer_disagrees',
      `The server at ${url.host} does not identify itself as ${shown(iss)}.`,
      {
        host: url.host,
      },
    );
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
  if (token === undefined) return WITHOUT_TOKEN;
  const { verifySignature } = await import('../whoami/verify.js');
  const verdict = await verifySignature(
    { ...io, signal, fetch: reachingFetch(io, signal) },
    token,
    known(named),
  );
  const [finding] = verdict.findings;
  if (!verdict.verified)
    throw new Fault(finding?.code ?? 'not_verifiable', finding?.message ?? 'The signature is not valid.');
  return { says: 'verified with a published key of the issuer' };
};

export const cloud: Step = async ({ io, endpoints = [] }, signal) => {
  const says: string[] = [];
  const warnings: string[] = [];
  for (const { origin, host } of endpoints) {
    const answer = await reach(io, new URL('/', origin), signal);
    // Any response shows that the service is reached, except one about its own failure.
    if (answer.status >= 500)
      throw new Fault('cloud_unavailable', `${host} responds with HTTP ${answer.status}.`, { host });
    warnings.push(...comparedClocks(io, host, answer));
    says.push(answer.phases);
  }
  return { says: says.join('; '), warnings };
};

export const exchange: Step = async (context, signal) => {
  const credentials = await credentialsOf(context, signal).catch(async (error: unknown) => {
    await explainRefusal(context);
    throw error;
  });
  const left = duration(credentials.expiresAt - context.io.clock.now());
  return { says: `${known(context.cloud).doctor.describe(credentials)}, ${left} left` };
};

/** With `--policy`: the reason is in the policy, or in one of `--hop-policy`. */
async function explainRefusal({ io, options, entry, cloud, token }: DoctorContext): Promise<void> {
  if (options.policy === undefined || token === undefined) return;
  const { provider } = known(entry);
  const input = cloud?.explain?.input(entry);
  if (input === undefined)
    throw new UsageError('invalid_argument', `--policy is not supported for ${provider}.`, {
      option: '--policy',
    });
  const policy = await readPolicyFile(io, '--policy', options.policy);
  const hopPolicies = await Promise.all(
    (options.hopPolicy ?? []).map((path) => readPolicyFile(io, '--hop-policy', path)),
  );
  const { findings } = await explainPolicy(io, {
    ...input,
    policy,
    hopPolicies,
    claims: token.claims,
    now: io.clock.now(),
  });
  const error = findings.find(({ severity }) => severity === 'error');
  if (error !== undefined) throw new Fault(error.code, error.message, { hint: error.fix });
}

export const use: Step = async (context, signal) => {
  const credentials = await credentialsOf(context, signal);
  const { io, endpoints = [] } = context;
  const entry = known(context.entry);
  return { says: await known(context.cloud).doctor.use({ io, entry, credentials, endpoints, signal }) };
};

/** By the entry's own provider: `use` receives the cached credentials of `exchange`. */
async function credentialsOf(context: DoctorContext, signal: AbortSignal): Promise<Credential> {
  const { io, found, name, entry, cloud } = context;
  context.provider ??= await entryProvider(known(cloud), known(name), known(entry), {
    clock: io.clock,
    cache: createCredentialCache(),
    ...(found === undefined ? {} : { tokenSource: entryTokenSource(io, () => Promise.resolve(found)) }),
  });
  return context.provider.getCredentials({ signal });
}
