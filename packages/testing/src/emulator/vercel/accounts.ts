/** Who is at Vercel: projects, and the logins of people who work on them. */
import { invalidOption, optionalBoolean, optionalInteger, requiredString } from '@credex/core/internal';
import type { EmulatorClock } from '../service.js';

export interface ProjectInput {
  /** The team's slug, `acme`, and its id, `team_…`; for a personal project the user's name and id. */
  readonly team: string;
  readonly teamId: string;
  /** The project's name and its id, `prj_…`. */
  readonly project: string;
  readonly projectId: string;
  /** `team` by default: the issuer of its tokens has the team's slug. */
  readonly issuerMode?: 'team' | 'global' | undefined;
  /** `false`: OIDC federation is off, and the project has no token. Default: true. */
  readonly oidc?: boolean | undefined;
}

export interface LoginInput {
  /** The person. */
  readonly userId: string;
  /** The teams that the person is a member of. */
  readonly teamIds: readonly string[];
  /** From now; by default it does not end. */
  readonly lifetimeSeconds?: number | undefined;
}

export interface Login {
  readonly userId: string;
  readonly teamIds: readonly string[];
  readonly expiresAt: number | undefined;
}

export class Accounts {
  readonly #clock: EmulatorClock;
  readonly #projects = new Map<string, ProjectInput>();
  readonly #logins = new Map<string, Login>();

  constructor(clock: EmulatorClock) {
    this.#clock = clock;
  }

  addProject(input: ProjectInput): void {
    for (const name of ['team', 'teamId', 'project'] as const) requiredString({ option: name }, input[name]);
    requiredString({ option: 'projectId' }, input.projectId, {
      pattern: /^prj_[A-Za-z0-9]+$/,
      says: 'an id such as prj_shop',
    });
    optionalBoolean({ option: 'oidc' }, input.oidc);
    if (this.#projects.has(input.projectId))
      throw invalidOption({ option: 'projectId' }, 'an id that no other project has', input.projectId);
    this.#projects.set(input.projectId, input);
  }

  removeProject(projectId: string): void {
    this.#projects.delete(projectId);
  }

  addLogin(token: string, { userId, teamIds, lifetimeSeconds }: LoginInput): Login {
    requiredString({ option: 'userId' }, userId);
    const seconds = optionalInteger({ option: 'lifetimeSeconds' }, lifetimeSeconds, 1, 10 ** 9);
    const expiresAt = seconds === undefined ? undefined : this.#clock.now() + seconds * 1_000;
    const login = { userId, teamIds: [...teamIds], expiresAt };
    this.#logins.set(token, login);
    return login;
  }

  removeLogin(token: string): void {
    this.#logins.delete(token);
  }

  /** The login while it is good. */
  login(token: string): Login | undefined {
    const login = this.#logins.get(token);
    return login?.expiresAt !== undefined && login.expiresAt <= this.#clock.now() ? undefined : login;
  }

  /** Finds by id or name among what belongs to `ownerId`. */
  project(idOrName: string, ownerId: string): ProjectInput | undefined {
    return [...this.#projects.values()].find(
      ({ projectId, project, teamId }) =>
        teamId === ownerId && (projectId === idOrName || project === idOrName),
    );
  }
}
