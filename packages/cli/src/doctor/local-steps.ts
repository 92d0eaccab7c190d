/** The steps that need only this machine: configuration, token, claims. */

import { readdir } from 'node:fs/promises';
import type { Entry } from '@credex/config';
import { FederationError } from '@credex/core';
import type { Cloud } from '../clouds/cloud.js';
import { CLOUDS } from '../clouds/registry.js';
import { loadConfiguration } from '../entry/load-configuration.js';
import { entryTokenSource, presentedOf, tokenOfEntry } from '../entry/entry-token-source.js';
import { UsageError } from '../usage-error.js';
import { examine } from '../whoami/findings.js';
import { duration } from '../whoami/durations.js';
import { issuerOf } from '../whoami/issuer.js';
import type { DoctorContext, DoctorOptions, Step } from './context.js';
import { WITHOUT_TOKEN, known } from './context.js';
import { comparedClocks } from './clock.js';
import { endpointsOf } from './endpoints.js';
import { Fault } from './fault.js';
import { reach } from './reach.js';
import { shown } from '../visible.js';

/** The configuration is found and valid, it has an entry for this environment, and its package accepts the options. */
export const configuration: Step = async (context) => {
  const { ConfigError, resolveEntry } = await import('@credex/config');
  try {
    context.config = (await loadConfiguration(context.io, context.options, 'person')).config;
    const { name, entry } = resolveEntry(context.config, context.wanted);
    const cloud = await CLOUDS[entry.provider]();
    assertHopPolicies(context.options, cloud, entry);
    Object.assign(context, { name, entry, cloud });
    context.endpoints = await endpointsOf(cloud, name, entry, context.io);
  } catch (cause) {
    if (!ConfigError.isInstance(cause)) throw cause;
    const [first] = cause.problems;
    const code = (await isAbsent(context)) ? 'no_configuration' : cause.code;
    throw new Fault(code, cause.message.replaceAll(/\s*\n\s*/g, ' '), { cause, line: first?.line });
  }
  const hosts = context.endpoints.map(({ host }) => host).join(' and ');
  return {
    says: `entry ${shown(known(context.name))} (${known(context.entry).provider}), token service ${hosts}`,
  };
};

/** @throws UsageError where the entry has no chain of roles */
function assertHopPolicies({ hopPolicy }: DoctorOptions, { explain }: Cloud, entry: Entry): void {
  if (hopPolicy === undefined || explain?.input(entry).assumeRole !== undefined) return;
  throw new UsageError(
    'conflicting_arguments',
    `--hop-policy is for an entry of AWS with \`assumeRole\`; this entry of ${entry.provider} has none.`,
    { option: '--hop-policy', hint: 'Leave --hop-policy out, or name another entry.' },
  );
}

async function isAbsent({ io, options }: DoctorContext): Promise<boolean> {
  if (io.env['CREDEX_CONFIG'] || options.config !== undefined) return false;
  const names = await readdir(io.cwd).catch((): string[] => []);
  return !names.some((name) => /^credex\.config\.(?:m?[jt]s|json)$/.test(name));
}

export const token: Step = async (context) => {
  const { io } = context;
  try {
    context.found = await tokenOfEntry(io, context.options);
  } catch (error) {
    const isProfile = known(context.entry).local === 'profile';
    if (isProfile && FederationError.isInstance(error) && error.code === 'no_subject_token')
      return WITHOUT_TOKEN;
    throw error;
  }
  const { place, passedOver, token: found } = context.found;
  const age = typeof found.claims.iat === 'number' ? io.clock.now() - found.claims.iat * 1000 : undefined;
  const issued = age === undefined || age < 0 ? '' : `, issued ${duration(age)} ago`;
  return {
    says: `from ${place.description}${issued}`,
    warnings: passedOver.map((one) => `Skipped an expired token: ${one.place.description}.`),
  };
};

export const claims: Step = async (context, signal) => {
  if (context.found === undefined) return WITHOUT_TOKEN;
  const { token: found } = context.found;
  const { io } = context;
  context.issuer = issuerOf(found.claims.iss);
  const findings = examine({
    token: found,
    issuer: context.issuer,
    now: io.clock.now(),
    platform: io.env['VERCEL_TARGET_ENV'] || io.env['VERCEL_ENV'] || undefined,
  });
  const error = findings.find(({ severity }) => severity === 'error');
  if (error !== undefined) {
    if (error.code === 'expired' || error.code === 'not_yet_valid') await blameClock(context, signal);
    throw new Fault(error.code, error.message, { hint: error.fix });
  }
  const source = entryTokenSource(io, () => Promise.resolve(known(context.found)));
  context.token = await presentedOf(source, known(context.entry), signal);
  const left = duration(context.token.expiresAt - io.clock.now());
  return {
    says: `${shown(context.token.claims.sub ?? '')}, ${context.issuer.kind} issuer, ${left} left`,
    warnings: findings.filter(({ severity }) => severity === 'warning').map(({ message }) => message),
  };
};

/** An expired token, or one that is not valid yet, may be due to this machine's clock: compare it with the issuer's. */
async function blameClock({ io, issuer, found }: DoctorContext, signal: AbortSignal): Promise<void> {
  const iss = known(found).token.claims.iss ?? '';
  if (issuer?.kind !== 'team' && issuer?.kind !== 'global') return;
  const url = new URL(`${iss}/.well-known/openid-configuration`);
  const answer = await reach(io, url, signal).catch(() => undefined);
  if (answer !== undefined) comparedClocks(io, url.host, answer);
}
