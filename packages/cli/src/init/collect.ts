/** The options of `credex init`: given, known from the folder and the token, else asked for. */

import type { CloudInit, CloudSetup } from '../clouds/cloud.js';
import type { Io } from '../io.js';
import type { Prompts } from '../prompts.js';
import { Checks } from '../setup/checks.js';
import { withKnown } from '../setup/known.js';
import type { Plan } from '../setup/plan.js';
import type { TrustOptions, TrustRequest } from '../setup/trust-request.js';
import { AUDIENCE, trustRequest } from '../setup/trust-request.js';
import type { Problem } from '../usage-error.js';

export interface Collected {
  readonly trust: TrustRequest;
  readonly plan: Plan;
  /** The options of the entry. */
  readonly entry: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

type Given = TrustOptions & Readonly<Record<string, unknown>>;

/** What is asked for options that every cloud has. */
const QUESTIONS: readonly (readonly [flags: string, description: string])[] = [
  ['--team <slug>', "the Vercel team's slug, as in the dashboard's address"],
  ['--project <name>', "the Vercel project's name"],
];

/**
 * Without a terminal, everything that is missing or wrong is reported together.
 * @throws OptionError, UsageError; DOMException `AbortError` if the person ends the questions
 */
export async function collect(
  io: Io,
  { setup, init }: { readonly setup: CloudSetup<object>; readonly init: CloudInit<object> },
  given: Given,
): Promise<Collected> {
  const known = await withKnown(io, { ...given, environment: given.environment ?? ['production'] });
  let options: Given = known.options;
  const descriptions = [...QUESTIONS, ...setup.options, ...init.options];
  for (;;) {
    const checks = new Checks();
    const trust = trustRequest(options, setup.audience ?? AUDIENCE, checks);
    const plan = setup.plan(trust, options, checks);
    const entry = init.entry(trust, options, checks);
    const problem =
      io.prompts === undefined ? undefined : checks.problems.find(({ option }) => option !== undefined);
    if (problem === undefined || io.prompts === undefined) {
      checks.finish();
      return { trust, plan, entry, notes: known.notes };
    }
    const answer = await ask(io.prompts, problem, descriptions);
    if (answer === undefined) checks.finish();
    options = { ...options, [memberOf(problem.option ?? '')]: answer };
  }
}

/** Undefined if the option is not one to type. */
async function ask(
  prompts: Prompts,
  { option = '', code, message }: Problem,
  descriptions: readonly (readonly [flags: string, description: string])[],
): Promise<string | undefined> {
  const [, description] = descriptions.find(([flags]) => flags.startsWith(`${option} `)) ?? [];
  if (description === undefined) return undefined;
  const isMissing = code.startsWith('missing');
  return prompts.text(isMissing ? `${description} (${option})` : `${message} ${description} (${option})`);
}

/** `--account-id` is `accountId`, as commander names it. */
const memberOf = (option: string): string =>
  option.slice(2).replaceAll(/-([a-z])/g, (_all, letter: string) => letter.toUpperCase());
