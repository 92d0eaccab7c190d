import type { SubjectTokenSource } from '@credex/core';
import { FederationError, OptionError, createCredentialCache } from '@credex/core';
import type { Exchanger } from '@credex/core/internal';
import {
  createCredentialProvider,
  invalidOption,
  optionalInteger,
  optionalString,
  ownCopy,
  requiredString,
  shown,
} from '@credex/core/internal';
import type { FixedAudienceOptions } from './external-source.js';
import { externalSource, tokenRules } from './external-source.js';
import type { Command, CommandToken } from './run-command.js';
import { commandError, parseCommandOutput, runCommand } from './run-command.js';

export interface CommandTokenSourceOptions extends FixedAudienceOptions {
  /** The program: a path, or a name on PATH. It runs without a shell. */
  readonly command: string;
  /** The arguments, passed unchanged. Default: none. */
  readonly args?: readonly string[] | undefined;
  /** The working directory of the program. Default: that of this process. */
  readonly cwd?: string | undefined;
  /**
   * The complete environment of the program: nothing is added, not even PATH. It cannot be combined with `identityKey`.
   * Default: the environment of this process, including its secrets.
   */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The time after which the program is killed (SIGKILL), in milliseconds, 100 to 60,000; default 5,000. */
  readonly timeoutMs?: number | undefined;
}

/**
 * The token that a program prints: the JWT alone, or JSON in the format of Google's executable-sourced credentials
 * (AIP-4117). The program runs when a token is needed and no cached one is valid, once at a time. Create the source
 * once, because each source has its own cache. At most 64 KiB of output are read. If the program fails, the error
 * contains up to 300 characters of its standard error, without anything that looks like a secret.
 *
 * @example
 * const tokenSource = commandTokenSource({ command: '/usr/local/bin/print-token', args: ['--audience', audience] });
 * @throws OptionError for an invalid option
 */
export function commandTokenSource(given: CommandTokenSourceOptions): SubjectTokenSource {
  const rules = tokenRules('commandTokenSource', given, {
    command: true,
    args: true,
    cwd: true,
    env: true,
    timeoutMs: true,
  });
  const { options } = rules;
  const run: Command = {
    command: requiredString({ option: 'command' }, options.command, WITHOUT_NUL),
    args: argumentsOf(options.args),
    cwd: optionalString({ option: 'cwd' }, options.cwd, WITHOUT_NUL),
    env: environmentOf(options.env),
  };
  if (rules.identityKey !== undefined && run.env !== undefined) throw unnamedEnvironment();
  const timeoutMs = optionalInteger({ option: 'timeoutMs' }, options.timeoutMs, 100, 60_000) ?? 5_000;
  const provider = createCredentialProvider(commandExchanger(run, rules.now), {
    source: {
      capture: () => ({
        identityKey: 'command',
        token: () => Promise.reject(new Error('A program needs no subject token.')),
      }),
    },
    cache: createCredentialCache({ maxEntries: 1 }),
    clock: options.clock,
    timeoutMs,
  });
  return externalSource(rules, {
    place: {
      provider: 'command',
      named: `the program ${shown(run.command)}`,
      hints: {
        expired: 'The program printed an expired token. Check the cache of the program and the clock.',
        unreadable: 'Make the program print only the token.',
        audience: () =>
          'The program and its arguments set the audience. Change them to request this audience.',
      },
    },
    requestsAudience: false,
    open: () => ({
      origin: [run.command, [...run.args], run.cwd ?? null],
      async read({ fresh, signal }) {
        try {
          return (await provider.getCredentials({ forceRefresh: fresh, signal })).jwt;
        } catch (error) {
          if (!FederationError.isInstance(error) || error.code !== 'timeout') throw error;
          throw commandError(
            'timeout',
            `The program ${shown(run.command)} did not print a token within ${timeoutMs} ms.`,
            'The program was killed. Raise `timeoutMs` of this source, and set `timeoutMs` of the provider to a higher value.',
          );
        }
      },
    }),
  });
}

/** A token that expires sooner cannot be cached. */
const MIN_REMAINING_MS = 30_000;

/** Runs the program as an exchange, so that core caches its token, shares one run and applies the time limit. */
function commandExchanger(run: Command, now: () => number): Exchanger<CommandToken> {
  return {
    specificationVersion: 'v1',
    provider: 'command',
    cacheKeyFields: () => ({}),
    async exchange(_request, { signal }) {
      const credential = parseCommandOutput(await runCommand(run, signal));
      if (credential.expiresAt - now() < MIN_REMAINING_MS)
        throw commandError(
          'subject_token_expired',
          `The token that the program ${run.command} printed has expired, or expires within 30 seconds.`,
          'Make the program print a token that is valid for longer. Check the cache of the program and the clock.',
        );
      return { credential, refreshAt: credential.expiresAt };
    },
    parseStored: (record) => record as CommandToken,
    classify: () => ({ code: 'unknown', retry: 'never' }),
  };
}

const WITHOUT_NUL = { pattern: /^[^\0]+$/, says: 'a non-empty string without NUL' };

function argumentsOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((one) => typeof one === 'string' && !one.includes('\0')))
    return [...(value as string[])];
  throw invalidOption({ option: 'args' }, 'a list of strings without NUL', value);
}

function environmentOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined) return undefined;
  const ok = (one: unknown): boolean => typeof one === 'string' && !one.includes('\0');
  if (typeof value === 'object' && value !== null && Object.values(value).every(ok))
    return ownCopy(value as Record<string, string>);
  throw invalidOption({ option: 'env' }, 'an object of strings without NUL', value);
}

/** `env` may contain secrets, so it cannot be in the key; it may change the identity, so it cannot be left out either. */
function unnamedEnvironment(): OptionError {
  return new OptionError(
    'conflicting_options',
    'identityKey',
    undefined,
    '`identityKey` and `env` can not be combined, because `env` may change the identity but is not part of the cache key. Pass in `args` what identifies the token, or remove one of the two options.',
  );
}
