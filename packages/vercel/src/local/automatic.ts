/** The CLI fallback of `vercelTokenSource`, for a linked directory on a laptop. Loaded when no other token is found. */

import type { Clock, Fetch, SubjectToken, SubjectTokenRequest } from '@credex/core';
import { findLinkedProject } from './linked-project.js';
import { localSource } from './local-token-source.js';
import { node } from './node.js';
import { placesOf } from './paths.js';
import { LocalFailure, shownError } from './failure.js';

export interface AutomaticOptions {
  readonly fetch: Fetch | undefined;
  readonly clock: Clock | undefined;
}

/** Returns a token other than `rejectedToken`; `undefined` if the working directory is not in a linked project. */
export async function automaticToken(
  options: AutomaticOptions,
  rejectedToken: string | undefined,
  request: SubjectTokenRequest,
): Promise<SubjectToken | undefined> {
  const here = node();
  if (here === undefined) return undefined;
  const { home } = placesOf(here, { homeDirectory: undefined, configDirectory: undefined });
  try {
    if (findLinkedProject(here, here.cwd, home) === undefined) return undefined;
  } catch (error) {
    throw error instanceof LocalFailure ? shownError(error) : error;
  }
  return localSource(options).capture(rejectedToken).token(request);
}
