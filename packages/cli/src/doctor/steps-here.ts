/** The steps that need only this machine: configuration, token, claims. */

import { readdir } from 'node:fs/promises';
import { FederationError } from '@credex/core';
import { loadConfiguration } from '../entry/load-configuration.js';
import { entryTokenSource, presentedOf, tokenOfEntry } from '../entry/entry-token-source.js';
import { examine } from '../whoami/findings.js';
import { headerOf } from '../whoami/header.js';
import { duration } from '../whoami/durations.js';
import { issuerOf } from '../whoami/issuer.js';
import type { Case, Step } from './case.js';
import { WITHOUT_TOKEN, known } from './case.js';
import { comparedClocks } from './clock.js';
import { endpointsOf } from './endpoints.js';
import { Fault } from './fault.js';
import { reach } from './reach.js';
import { shown } from '../visible.js';

/** Found, valid, with an entry for this environment, and its package takes the options. */
export const configuration: Step = async (the) => {
  const { ConfigError, resolveEntry } = await import('@credex/config');
  try {
    the.config = (await loadConfiguration(the.io, the.options, 'person')).config;
    const { name, entry } = resolveEntry(the.config, the.wanted);
    the.name = name;
    the.entry = entry;
    the.endpoints = await endpointsOf(the.config, name, the.io);
  } catch (cause) {
    if (!ConfigError.isInstance(cause)) throw cause;
    const [first] = cause.problems;
    const code = (await isAbsent(the)) ? 'no_configuration' : cause.code;
    throw new Fault(code, cause.message.replaceAll(/\s*\n\s*/g, ' '), { cause, line: first?.line });
  }
  const hosts = the.endpoints.map(({ host }) => host).join(' and ');
  return { says: `${shown(the.name)}, of ${the.entry.provider}, at ${hosts}` };
};

async function isAbsent({ io, options }: Case): Promise<boolean> {
  if (io.env['CREDEX_CONFIG'] || options.config !== undefined) return false;
  const names = await readdir(io.cwd).catch((): string[] => []);
  return !names.some((name) => /^credex\.config\.(?:m?[jt]s|json)$/.test(name));
}

export const token: Step = async (the) => {
  try {
    the.found = await tokenOfEntry(the.io, the.options);
  } catch (error) {
    const isProfile = known(the.entry).local === 'profile';
    if (isProfile && FederationError.isInstance(error) && error.code === 'no_subject_token')
      return WITHOUT_TOKEN;
    throw error;
  }
  const { place, passedOver, token: found } = the.found;
  const age = typeof found.claims.iat === 'number' ? the.io.clock.now() - found.claims.iat * 1000 : undefined;
  const made = age === undefined || age < 0 ? '' : `, made ${duration(age)} ago`;
  return {
    says: `from ${place.description}${made}`,
    warnings: passedOver.map((one) => `Passed over, since it has ended: ${one.place.description}.`),
  };
};

export const claims: Step = async (the, signal) => {
  if (the.found === undefined) return WITHOUT_TOKEN;
  const { token: found } = the.found;
  const { io } = the;
  the.issuer = issuerOf(found.claims.iss);
  const findings = examine({
    claims: found.claims,
    header: headerOf(found),
    issuer: the.issuer,
    now: io.clock.now(),
    meant: undefined,
    platform: io.env['VERCEL_TARGET_ENV'] || io.env['VERCEL_ENV'] || undefined,
  });
  const error = findings.find(({ severity }) => severity === 'error');
  if (error !== undefined) {
    if (error.code === 'expired' || error.code === 'not_yet_valid') await blameClock(the, signal);
    throw new Fault(error.code, error.message, { hint: error.fix });
  }
  const source = entryTokenSource(io, () => Promise.resolve(known(the.found)));
  the.token = await presentedOf(source, known(the.entry), signal);
  const left = duration(the.token.expiresAt - io.clock.now());
  return {
    says: `${shown(the.token.claims.sub ?? '')}, ${the.issuer.kind} issuer, ${left} left`,
    warnings: findings.filter(({ severity }) => severity === 'warning').map(({ message }) => message),
  };
};

/** A token of the past or the future may be in order, and the clock not: the issuer knows. */
async function blameClock({ io, issuer, found }: Case, signal: AbortSignal): Promise<void> {
  const iss = known(found).token.claims.iss ?? '';
  if (issuer?.kind !== 'team' && issuer?.kind !== 'global') return;
  const url = new URL(`${iss}/.well-known/openid-configuration`);
  const answer = await reach(io, url, signal).catch(() => undefined);
  if (answer !== undefined) comparedClocks(io, url.host, answer);
}
