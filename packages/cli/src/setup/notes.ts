/** What holds for every cloud and is worth a sentence before trust is given. */

import type { TrustRequest } from './trust-request.js';

export function commonNotes({ environments, issuers }: TrustRequest): readonly string[] {
  const notes: string[] = [];
  if (environments.includes('preview')) {
    notes.push('preview: every deployment of every branch is let in, those of pull requests among them.');
  }
  if (environments.includes('development')) {
    notes.push(
      'development: every member of the project is let in, with a token on their own machine that lasts 12 hours.',
    );
  }
  if (issuers.length > 1) {
    notes.push('Both issuers are trusted: take the one that the project no longer uses out again.');
  }
  return notes;
}

/** For a cloud that compares `sub` and not the ids: what a rename does, and what the global issuer adds to it. */
export function namesOnlyNotes(cloud: string, { issuers, team, project }: TrustRequest): readonly string[] {
  const notes = [
    `${cloud} compares the names in \`sub\`, not the ids: when the team ${team} or the project ${project} is renamed, every token is refused until the new names are trusted. Add them before the rename, and take the old ones out after it.`,
  ];
  if (issuers.some(({ mode }) => mode === 'global')) {
    notes.push(
      `The global issuer is shared by all teams: whoever takes the names ${team} and ${project} after you gave them up is let in. Prefer team issuer mode, and remove the trust before giving a name up.`,
    );
  }
  return notes;
}
