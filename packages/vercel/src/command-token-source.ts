import type { SubjectTokenSource } from '@credex/core';
import { FederationError, OptionError, createCredentialCache } from '@credex/core';
import type { Exchanger } from '@credex/core/driver';
import {
  createCredentialProvider,
  invalidOption,
  optionalInteger,
  optionalString,
  ownCopy,
  requiredString,
  shown,
} from '@credex/core/driver';
import type { CommandToken } from './command-output.js';
import { parseCommandOutput } from './command-output.js';
import type { FixedAudienceOptions } from './elsewhere-options.js';
import { tokenRules } from './elsewhere-options.js';
import { elsewhereSource } from './elsewhere-subject.js';
import type { Command } from './run-command.js';
import { runCommand } from './run-command.js';

export interface CommandTokenSourceOptions extends FixedAudienceOptions {
  /** The program: a path, or a name that PATH finds. It is run without a shell. */
  readonly command: string;
  /** Its arguments, each as it is. Default: none. */
  readonly args?: readonly string[] | undefined;
  /** Where it runs. Default: the working directory of this process. */
  readonly cwd?: string | undefined;
  /**
   * Its whole environment: nothing is added, PATH neither. Not
   * together with `partition`. Default: that of this process, secrets included.
   */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** After how long it is ended (SIGKILL), in milliseconds, 100 to 60,000; default 5,000. */
  readonly timeoutMs?: number | undefined;
}

/**
 * The token that a program prints: the JWT alone, or JSON in the shape of Google's executable-sourced credentials
 * (AIP-4117). It runs when a token is needed and none is held with time left, once at a time; make the source once,
 * since each has a memory of its own. At most 64 KiB of output are read. What it prints on its standard error is
 * shown in the error where it fails, 300 characters with what looks like a secret cut.
 *
 * @example
 * const tokenSource = commandTokenSource({ command: '/usr/local/bin/print-token', args: ['--audience', audience] });
 * @throws OptionError for an option that can't be honoured
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
  if (rules.partition !== undefined && run.env !== undefined) throw unnamedEnvironment();
  const timeoutMs = optionalInteger({ option: 'timeoutMs' }, options.timeoutMs, 100, 60_000) ?? 5_000;
  const provider = createCredentialProvider(commandExchanger(run, rules.now), {
    source: {
      capture: () => ({ partition: 'command', token: () => Promise.reject(new Error('There is none.')) }),
    },
    cache: createCredentialCache({ maxEntries: 1 }),
    clock: options.clock,
    timeoutMs,
  });
  return elsewhereSource(rules, {
    place: {
      provider: 'command',
      named: `the program ${shown(run.command)}`,
      hints: {
        expired: 'The program must print a token that is still good: check its cache and the clock.',
        unreadable: 'It must print the token and nothing else.',
        audience: () => 'The audience is fixed by the program and its arguments: have it ask for this one.',
      },
    },
    asksAudience: false,
    open: () => ({
      origin: [run.command, [...run.args], run.cwd ?? null],
      async read({ fresh, signal }) {
        try {
          return (await provider.getCredentials({ forceRefresh: fresh, signal })).jwt;
        } catch (error) {
          if (FederationError.isInstance(error) && error.code === 'timeout') throw tooSlow(run, timeoutMs);
          throw error;
        }
      },
    }),
  });
}

/** A token with less left can't be held, and hardly used. */
const SHORTEST_MS = 30_000;

/** Cached, flown once and ended in time as an exchange of a cloud's is. */
function commandExchanger(run: Command, now: () => number): Exchanger<CommandToken> {
  return {
    specificationVersion: 'v1',
    provider: 'command',
    target: () => ({}),
    async exchange(_request, { signal }) {
      const credential = parseCommandOutput(await runCommand(run, signal));
      if (credential.expiresAt - now() < SHORTEST_MS) throw over(run);
      return { credential, refreshAt: credential.expiresAt };
    },
    revive: (record) => record as CommandToken,
    classify: () => ({ code: 'unknown', retry: 'never' }),
  };
}

const WITHOUT_NUL = { pattern: /^[^\0]+$/, says: 'a string that is not empty and has no NUL' };

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

/** What is in it may be a secret, and may say whose token it is: it can neither be part of a name nor left out. */
function unnamedEnvironment(): OptionError {
  return new OptionError(
    'conflicting_options',
    'partition',
    undefined,
    '`partition` and `env` can not be told apart from another `env`: say in `args` whose token it is, or leave out one of them.',
  );
}

function over(run: Command): FederationError {
  return new FederationError({
    code: 'subject_token_expired',
    provider: 'command',
    message: `The token that the program ${run.command} printed has ended, or ends within 30 seconds.`,
    hint: 'It must print a token that is good for a while: check its own cache, and the clock.',
  });
}

function tooSlow(run: Command, timeoutMs: number): FederationError {
  return new FederationError({
    code: 'timeout',
    provider: 'command',
    message: `The program ${shown(run.command)} did not print a token within ${timeoutMs} ms.`,
    hint: 'It was ended. Raise `timeoutMs` here, and that of the provider to more than that.',
  });
}
