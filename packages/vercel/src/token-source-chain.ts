import type { Subject, SubjectToken, SubjectTokenRequest, SubjectTokenSource } from '@credex/core';
import { FederationError } from '@credex/core';
import { invalidOption } from '@credex/core/driver';

/**
 * The first of several sources that has a token, so that one configuration serves Vercel, CI and a cluster. Only a
 * source whose place is vacant here (`no_subject_token`) is passed over; any other error ends the search, since a
 * broken source must not turn one identity into another.
 *
 * Which source answers is known only when a token is read. So the digest of that token is the partition, whatever the
 * sources say of theirs: a credential never outlives the token that brought it in the cache, and no two sources share
 * one. The source that answered first answers all that follows in the same call.
 *
 * @example
 * const tokenSource = tokenSourceChain(vercelTokenSource(), githubActionsTokenSource());
 * @throws OptionError where an argument is no token source, or there is none
 */
export function tokenSourceChain(...sources: readonly SubjectTokenSource[]): SubjectTokenSource {
  if (sources.length === 0)
    throw invalidOption({ option: 'sources' }, 'at least one token source', undefined);
  for (const [index, source] of sources.entries()) {
    if (typeof (source as SubjectTokenSource | null)?.capture !== 'function')
      throw invalidOption({ option: `sources[${index}]` }, 'a token source', source);
  }
  // All of them now, in the caller's request: the second one's turn may come after the request is over.
  return { capture: () => new ChainedSubject(sources.map((source) => source.capture())) };
}

class ChainedSubject implements Subject {
  readonly partition: undefined;
  readonly #subjects: readonly Subject[];
  #search: Promise<readonly [Subject, SubjectToken]> | undefined;
  /** What is wanted of the search's token by the one that began it. */
  #begun: SubjectTokenRequest | undefined;

  constructor(subjects: readonly Subject[]) {
    this.partition = undefined;
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
      message: `None of the ${missing.length} token sources has a token: ${missing.map(said).join(' ')}`,
      hint: 'Each place says above what it looked for.',
    });
  }
}

/** Its message without the hint, which the constructor put behind it. */
function said({ message, hint }: FederationError): string {
  return hint === undefined ? message : message.slice(0, message.length - hint.length).trimEnd();
}
