/** The last place of `vercelTokenSource`: a laptop whose directory is linked. Loaded when all others are empty. */

import type { Clock, Fetch, SubjectToken, SubjectTokenRequest } from '@credex/core';
import { findLinkedProject } from './linked-project.js';
import { localSource } from './local-token-source.js';
import { node } from './node.js';
import { placesOf } from './places.js';
import { LocalFailure, shownError } from './failure.js';

export interface AutomaticOptions {
  readonly fetch: Fetch | undefined;
  readonly clock: Clock | undefined;
}

/** Another than `but`. `undefined` where the working directory belongs to no linked project: then there was nothing to look for. */
export async function automaticToken(
  options: AutomaticOptions,
  but: string | undefined,
  wanted: SubjectTokenRequest,
): Promise<SubjectToken | undefined> {
  const here = node();
  if (here === undefined) return undefined;
  const { home } = placesOf(here, { homeDirectory: undefined, configDirectory: undefined });
  try {
    if (findLinkedProject(here, here.cwd, home) === undefined) return undefined;
  } catch (error) {
    throw error instanceof LocalFailure ? shownError(error) : error;
  }
  return localSource(options).capture(but).token(wanted);
}
