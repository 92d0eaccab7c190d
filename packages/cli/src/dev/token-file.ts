/** Keeps a fresh token in a file: a variable of a program's environment would go stale. */

import type { Emulator, SeedProject } from '@credex/testing/emulator';
import { writePrivately } from '../entry/private-file.js';
import type { Io } from '../io.js';
import { pause } from '../pause.js';

export interface TokenFile {
  /** `owner:acme:project:shop:environment:development`. */
  readonly subject: string;
  /** Writes a token of another environment. */
  present(environment: string): Promise<void>;
}

const LIFETIME_SECONDS = 3_600;
/** Also after the machine was asleep, where timers stand still: the age is looked at again and again. */
const LOOK_MS = 15_000;

/** The file is renewed at half of the token's lifetime, until `io.signal` fires. */
export async function keepTokenFile(
  io: Pick<Io, 'clock' | 'signal'>,
  { issuer }: Pick<Emulator, 'issuer'>,
  project: SeedProject,
  environment: string,
  file: { readonly path: string; readonly mode: number },
): Promise<TokenFile> {
  let current = environment;
  let written = 0;
  const { team, teamId, project: name, projectId, issuerMode, audience } = project;
  const write = async (): Promise<void> => {
    const at = io.clock.now();
    const token = await issuer.mint({
      team,
      teamId,
      project: name,
      projectId,
      issuerMode,
      audience,
      environment: current,
      lifetimeSeconds: LIFETIME_SECONDS,
    });
    await writePrivately(file.path, token, file.mode);
    written = at;
  };
  await write();
  const keep = async (): Promise<void> => {
    for (;;) {
      await pause(io, LOOK_MS);
      if (io.signal.aborted) return;
      if (io.clock.now() - written >= (LIFETIME_SECONDS / 2) * 1000)
        // The next look tries again, for example after a disk was full. The token is still valid for half of its lifetime.
        await write().catch(() => undefined);
    }
  };
  void keep();
  return {
    get subject() {
      return `owner:${team}:project:${name}:environment:${current}`;
    },
    async present(next) {
      const before = current;
      current = next;
      try {
        await write();
      } catch (error) {
        current = before;
        throw error;
      }
    },
  };
}
