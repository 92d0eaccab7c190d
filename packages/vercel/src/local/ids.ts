/** The ids of Vercel by their grammar: nothing else reaches a URL or the arguments of a command. */

import type { Grammar } from '@credex/core/driver';

/** `prj_…`; projects of the first years have an id that begins with `Qm`. */
export const PROJECT_ID: Grammar = {
  pattern: /^(?:prj_[A-Za-z0-9]{1,64}|Qm[A-Za-z0-9]{20,64})$/,
  says: 'the id of a Vercel project, such as prj_123',
};

/** `team_…`, or the id of a person whose project it is. */
export const OWNER_ID: Grammar = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9_]{0,63}$/,
  says: 'the id of a Vercel team, such as team_123, or of a user',
};

/** A person's own projects are asked for without a team. */
export const teamOf = (ownerId: string | undefined): string | undefined =>
  ownerId?.startsWith('team_') === true ? ownerId : undefined;
