/** Vercel itself, as far as a laptop meets it. */
import type { MintOptions } from './mint.js';
import type { EmulatedCloud, EmulatorRuntime } from '../service.js';
import type { LoginInput, ProjectInput } from './accounts.js';
import { Accounts } from './accounts.js';
import { createVercelApiService } from './api-service.js';

export type { LoginInput, ProjectInput } from './accounts.js';

/** How a test sets Vercel up. */
export interface VercelAdmin {
  /** @throws OptionError for a name that is missing, an id that is none, or one that is taken. */
  createProject(input: ProjectInput): void;
  /** From now on the API knows no such project. */
  deleteProject(projectId: string): void;
  /**
   * A login as the CLI keeps it in its `auth.json`: `token` and, where it ends, `expiresAt` in epoch seconds.
   *
   * @throws OptionError for a missing user or a lifetime out of range.
   */
  createLogin(input: LoginInput): { readonly token: string; readonly expiresAt: number | undefined };
  /** As `vercel logout` on another machine does: the token is no longer valid. */
  revokeLogin(token: string): void;
}

export function createVercelCloud(
  runtime: EmulatorRuntime,
  mint: (options: MintOptions) => Promise<string>,
): EmulatedCloud<VercelAdmin> {
  const accounts = new Accounts(runtime.clock);
  return {
    services: [createVercelApiService(accounts, mint)],
    admin: {
      createProject: (input) => accounts.addProject(input),
      deleteProject: (projectId) => accounts.removeProject(projectId),
      createLogin: (input) => {
        const token = `vca_${runtime.randomHex(24)}`;
        const { expiresAt } = accounts.addLogin(token, input);
        return { token, expiresAt: expiresAt === undefined ? undefined : Math.floor(expiresAt / 1_000) };
      },
      revokeLogin: (token) => accounts.removeLogin(token),
    },
  };
}
