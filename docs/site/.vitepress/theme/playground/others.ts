/** Tokens of other deployments, to see who else a policy lets in. */

import type { TokenClaims } from '@credex/explain';

export interface Other {
  readonly who: string;
  readonly claims: TokenClaims;
}

const OTHER_TEAM = 'another-team';
const OTHER_PROJECT = 'another-project';

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The subject of Vercel that these claims have: `owner:{team}:project:{project}:environment:{environment}`. */
const subjectOf = (team: string, project: string, environment: string): string =>
  `owner:${team}:project:${project}:environment:${environment}`;

/** The same deployment in the other environments, another project of the team, and another team. */
export function othersOf(claims: TokenClaims): readonly Other[] {
  const subject = /^owner:([^:]+):project:([^:]+):environment:([^:]+)$/.exec(text(claims['sub']) ?? '');
  if (subject === null) return [];
  const [, team = '', project = '', environment = ''] = subject;
  const altered = (who: string, changed: Readonly<Record<string, unknown>>): Other => ({
    who,
    claims: { ...claims, ...changed } as TokenClaims,
  });
  const environments = ['production', 'preview', 'development'].filter((name) => name !== environment);
  const teamIssuer = text(claims['iss'])?.replace(`/${team}`, `/${OTHER_TEAM}`);
  return [
    ...environments.map((name) =>
      altered(`the same project in ${name}`, { environment: name, sub: subjectOf(team, project, name) }),
    ),
    altered('another project of this team', {
      project: OTHER_PROJECT,
      project_id: 'prj_another',
      sub: subjectOf(team, OTHER_PROJECT, environment),
    }),
    altered('another team, with a project and an environment of the same names', {
      iss: teamIssuer,
      aud: text(claims['aud'])?.replace(`/${team}`, `/${OTHER_TEAM}`) ?? claims['aud'],
      owner: OTHER_TEAM,
      owner_id: 'team_another',
      project_id: 'prj_another',
      sub: subjectOf(OTHER_TEAM, project, environment),
    }),
  ];
}

/** The command that prints the trust for this token's deployment. */
export function setupCommand(cloud: string, claims: TokenClaims): string | undefined {
  const parts = ['owner', 'project', 'environment'].map((name) => text(claims[name]));
  if (parts.some((part) => part === undefined || !/^[\w.-]+$/.test(part))) return undefined;
  const [team, project, environment] = parts;
  const account =
    {
      aws: ' --account-id 123456789012',
      gcp: ' --google-project acme-prod --google-project-number 742613904155',
    }[cloud] ?? '';
  return `npx credex setup ${cloud} --team ${team} --project ${project} --environment ${environment}${account}`;
}
