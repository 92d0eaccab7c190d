/** The grammar of Vercel's ids. Only a matching id is put into a URL or a command's arguments. */

import type { Grammar } from '@credex/core/driver';

/** `prj_…`; ids of the oldest projects begin with `Qm`. */
export const PROJECT_ID: Grammar = {
  pattern: /^(?:prj_[A-Za-z0-9]{1,64}|Qm[A-Za-z0-9]{20,64})$/,
  says: 'the id of a Vercel project, such as prj_123',
};

/** `team_…`, or the id of the user who owns the project. */
export const OWNER_ID: Grammar = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9_]{0,63}$/,
  says: 'the id of a Vercel team, such as team_123, or of a user',
};

/** `undefined` for a user's own project, which is requested without a team. */
export const teamOf = (ownerId: string | undefined): string | undefined =>
  ownerId?.startsWith('team_') === true ? ownerId : undefined;
