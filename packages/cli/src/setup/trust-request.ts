/** Who is to be let in: what the options of `credex setup` say, held to the grammar of Vercel's names. */

import type { Grammar } from '@credex/core/driver';
import { TEAM_SLUG, optionalString, requiredString } from '@credex/core/driver';
import { UsageError } from '../usage-error.js';

export interface TrustOptions {
  readonly team?: string;
  readonly teamId?: string;
  readonly project?: string;
  readonly projectId?: string;
  readonly environment?: readonly string[];
  readonly issuerMode?: string;
  readonly audience?: string;
}

export type IssuerMode = 'team' | 'global';

export interface TrustedIssuer {
  readonly mode: IssuerMode;
  readonly url: string;
  /** The URL without its scheme: AWS names condition keys by it. */
  readonly host: string;
}

export interface TrustRequest {
  readonly team: string;
  readonly project: string;
  /** What a rename leaves alone: both or neither. */
  readonly ids: { readonly team: string; readonly project: string } | undefined;
  /** Without repetition, in the order given. */
  readonly environments: readonly string[];
  readonly issuers: readonly TrustedIssuer[];
  readonly audience: string;
}

const PROJECT: Grammar = {
  pattern: /^[a-z0-9_](?:[a-z0-9._-]{0,98}[a-z0-9_])?$/,
  says: "the project's name as in its URL: small letters, digits, `.`, `_` and `-`, at most 100",
};
const ENVIRONMENT: Grammar = {
  pattern: /^[a-z0-9](?:[a-z0-9_-]{0,30}[a-z0-9])?$/,
  says: 'production, preview, development or the slug of a custom environment: small letters, digits and hyphens, at most 32',
};
const TEAM_ID: Grammar = { pattern: /^team_[A-Za-z0-9]{1,64}$/, says: 'the id of the team, team_…' };
const PROJECT_ID: Grammar = { pattern: /^prj_[A-Za-z0-9]{1,64}$/, says: 'the id of the project, prj_…' };
const AUDIENCE: Grammar = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9:/._~-]{0,254}$/,
  says: 'an audience of letters, digits and `:/._~-`, at most 255',
};

const ISSUER = 'https://oidc.vercel.com';

/** @throws OptionError, UsageError */
export function trustRequest(options: TrustOptions): TrustRequest {
  const team = requiredString({ option: '--team' }, options.team, TEAM_SLUG);
  const project = requiredString({ option: '--project' }, options.project, PROJECT);
  const environments = (options.environment ?? []).map((each) =>
    requiredString({ option: '--environment' }, each, ENVIRONMENT),
  );
  if (environments.length === 0) {
    throw new UsageError('missing_argument', 'No environment is named: trust is given to chosen ones only.', {
      option: '--environment',
      hint: 'Pass --environment production; repeat it for each further one.',
    });
  }
  const issuers = issuersOf(options.issuerMode ?? 'team', team);
  const audience = optionalString({ option: '--audience' }, options.audience, AUDIENCE);
  if (audience !== undefined && issuers.some(({ mode }) => mode === 'global')) {
    throw new UsageError(
      'conflicting_arguments',
      '--audience needs --issuer-mode team: a token of another audience always has the team issuer.',
      { option: '--audience' },
    );
  }
  return {
    team,
    project,
    ids: idsOf(options),
    environments: [...new Set(environments)],
    issuers,
    audience: audience ?? `https://vercel.com/${team}`,
  };
}

/** The `sub` of each environment, in order. */
export const subjectsOf = ({ team, project, environments }: TrustRequest): readonly string[] =>
  environments.map((environment) => `owner:${team}:project:${project}:environment:${environment}`);

function idsOf({ teamId, projectId }: TrustOptions): TrustRequest['ids'] {
  const team = optionalString({ option: '--team-id' }, teamId, TEAM_ID);
  const project = optionalString({ option: '--project-id' }, projectId, PROJECT_ID);
  if (team !== undefined && project !== undefined) return { team, project };
  if (team === undefined && project === undefined) return undefined;
  throw new UsageError('missing_argument', '--team-id and --project-id go together.', {
    option: team === undefined ? '--team-id' : '--project-id',
    hint: 'Both are claims of the token: see `credex whoami`.',
  });
}

function issuersOf(mode: string, team: string): readonly TrustedIssuer[] {
  const issuer = (one: IssuerMode): TrustedIssuer => {
    const url = one === 'team' ? `${ISSUER}/${team}` : ISSUER;
    return { mode: one, url, host: url.slice('https://'.length) };
  };
  if (mode === 'both') return [issuer('team'), issuer('global')];
  if (mode === 'team' || mode === 'global') return [issuer(mode)];
  throw new UsageError('invalid_argument', '--issuer-mode must be team, global or both.', {
    option: '--issuer-mode',
    hint: 'It is what the settings of the project say under OIDC federation; `both` while it is being changed.',
  });
}
