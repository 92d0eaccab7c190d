import type { Subject, SubjectToken, SubjectTokenRequest, SubjectTokenSource } from '@credex/core';
import { FederationError } from '@credex/core';
import { invalidOption } from '@credex/core/internal';
import { VERCEL } from '../platform/source-options.js';

/**
 * Uses the first of several sources that has a token, so that one configuration works on Vercel, in CI and in a cluster.
 * Only a source without a token (`no_subject_token`) is skipped. Any other error ends the search, because a broken
 * source must not replace one identity by another.
 *
 * The source in use is known only after a token is read. The digest of that token is therefore the identity key, even if
 * the sources have identity keys: a cached credential is found only with the same token, and two sources never share one.
 * Within a call, the first source that returned a token is used for all further tokens.
 *
 * @example
 * const tokenSource = tokenSourceChain(vercelTokenSource(), githubActionsTokenSource());
 * @throws OptionError if an argument is not a token source, or if there is no argument
 */
export function tokenSourceChain(...sources: readonly SubjectTokenSource[]): SubjectTokenSource {
  if (sources.length === 0)
    throw invalidOption({ option: 'sources' }, 'at least one token source', undefined);
  for (const [index, source] of sources.entries()) {
    if (typeof (source as SubjectTokenSource | null)?.capture !== 'function')
      throw invalidOption({ option: `sources[${index}]` }, 'a token source', source);
  }
  // All sources are captured now, in the caller's request, which may have ended when a later source is read.
  // Errors are explained for Vercel if it is one of the sources, otherwise for the first source.
  const abouts = sources.flatMap(({ about }) => about ?? []);
  const { name, hints } = abouts.find((one) => one.name === VERCEL.name) ?? abouts[0] ?? VERCEL;
  const about = { name, hints, sharedIssuers: abouts.flatMap((one) => one.sharedIssuers ?? []) };
  return { about, capture: () => new ChainedSubject(sources.map((source) => source.capture())) };
}

class ChainedSubject implements Subject {
  readonly identityKey: undefined;
  readonly #subjects: readonly Subject[];
  #search: Promise<readonly [Subject, SubjectToken]> | undefined;
  /** The request that started the search. */
  #begun: SubjectTokenRequest | undefined;

  constructor(subjects: readonly Subject[]) {
    this.identityKey = undefined;
    this.#subjects = subjects;
  }

  async token(wanted: SubjectTokenRequest): Promise<SubjectToken> {
    if (this.#search === undefined) {
      const search = this.#firstOf(wanted);
      this.#search = search;
      this.#begun = wanted;
      search.catch(() => {
        if (this.#search === search) this.#search = undefined;
      });
    }
    const [subject, token] = await this.#search;
    return this.#begun === wanted ? token : subject.token(wanted);
  }

  async #firstOf(wanted: SubjectTokenRequest): Promise<readonly [Subject, SubjectToken]> {
    const missing: FederationError[] = [];
    for (const subject of this.#subjects) {
      try {
        return [subject, await subject.token(wanted)];
      } catch (error) {
        if (!FederationError.isInstance(error) || error.code !== 'no_subject_token') throw error;
        missing.push(error);
      }
    }
    throw new FederationError({
      code: 'no_subject_token',
      provider: 'vercel',
      message: `None of the ${missing.length} token sources has a token: ${missing.map(messageWithoutHint).join(' ')}`,
      hint: 'Make one of these sources available, or pass another `tokenSource`. The message says what each source checked.',
    });
  }
}

/** The message without the hint that the constructor appended. */
function messageWithoutHint({ message, hint }: FederationError): string {
  return hint === undefined ? message : message.slice(0, message.length - hint.length).trimEnd();
}
