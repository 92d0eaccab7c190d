/** What to know about every cloud before access is given. */

import type { TrustRequest } from './trust-request.js';

export function commonNotes({ environments, issuers }: TrustRequest): readonly string[] {
  const notes: string[] = [];
  if (environments.includes('preview')) {
    notes.push('preview: every deployment of every branch gets access, including those of pull requests.');
  }
  if (environments.includes('development')) {
    notes.push(
      'development: every member of the project gets access, with a token on their own machine that lasts 12 hours.',
    );
  }
  if (issuers.length > 1) {
    notes.push('Both issuers are trusted: remove the one that the project no longer uses.');
  }
  return notes;
}

/** For a cloud that compares `sub` instead of the ids: the effect of a rename, and the risk of the global issuer. */
export function namesOnlyNotes(cloud: string, { issuers, team, project }: TrustRequest): readonly string[] {
  const notes = [
    `${cloud} compares the names in \`sub\`, not the ids: when the team ${team} or the project ${project} is renamed, every token is refused until the new names are trusted. Add the new names before a rename, and remove the old ones after it.`,
  ];
  if (issuers.some(({ mode }) => mode === 'global')) {
    notes.push(
      `All teams share the global issuer: whoever takes the names ${team} and ${project} after you gave them up gets access. Prefer team issuer mode, and remove the trust before you give up a name.`,
    );
  }
  return notes;
}
