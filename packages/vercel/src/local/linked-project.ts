/** Finds the project that a directory is linked to: `.vercel/project.json`, or `.vercel/repo.json` in a monorepo. */

import type { Grammar } from '@credex/core/internal';
import { shown } from '@credex/core/internal';
import { isInside } from './node.js';
import type { Node } from './node.js';
import { malformed, readJsonObject } from './read-file.js';
import { failure } from './failure.js';

/** `prj_…`; ids of the oldest projects begin with `Qm`. Only a matching id is put into a URL or a command's arguments. */
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

export interface LinkedProject {
  readonly projectId: string;
  /** `team_…`, or a user's id; `undefined` if only the option `projectId` is set. */
  readonly ownerId: string | undefined;
  /** The project's directory, which contains its .env files. */
  readonly directory: string;
  /** The directory of the link: in a monorepo, its root. */
  readonly root: string;
  /** The source of the ids: a file, or the option. */
  readonly source: string;
}

const RELINK = { hint: 'Run `vercel link` in the directory of the project to write the file again.' };

/**
 * Searches `directory` and its parents. As in the CLI, project.json takes precedence over repo.json in the same
 * directory. `undefined` if there is no link.
 *
 * @throws FederationError if there is a link that is invalid
 */
export function findLinkedProject(node: Node, directory: string, home: string): LinkedProject | undefined {
  const { path } = node;
  for (let at = directory; ; at = path.dirname(at)) {
    // A link in the home directory is nearly always a mistake: it would apply to everything below. A link that another user
    // wrote, such as in /tmp, would choose the project for which this user's login requests a token.
    if ((at !== home || at === directory) && isOfUser(node, path.join(at, '.vercel'))) {
      const found =
        ofDirectory(node, path.join(at, '.vercel', 'project.json'), at) ??
        ofRepository(node, path.join(at, '.vercel', 'repo.json'), at, directory);
      if (found !== undefined) return found;
    }
    if (at === path.dirname(at)) return undefined;
  }
}

/** True also for a folder that is not there, and on Windows. Root is trusted: images and volumes are often of root. */
function isOfUser({ fs, uid }: Node, folder: string): boolean {
  if (uid === undefined) return true;
  try {
    const owner = fs.statSync(folder, { throwIfNoEntry: false })?.uid;
    return owner === undefined || owner === uid || owner === 0;
  } catch {
    // The reader of the link reports what is not readable.
    return true;
  }
}

/** `vercel pull` in a linked monorepo writes a project.json with settings only, which is not a link. */
function ofDirectory(node: Node, file: string, directory: string): LinkedProject | undefined {
  const link = readJsonObject(node, file, RELINK);
  if (link === undefined || (link['projectId'] === undefined && link['orgId'] === undefined))
    return undefined;
  return linked(file, link['projectId'], link['orgId'], directory, directory);
}

interface RepositoryEntry {
  readonly id?: unknown;
  readonly orgId?: unknown;
  readonly directory?: unknown;
}

function ofRepository(node: Node, file: string, root: string, from: string): LinkedProject | undefined {
  const repository = readJsonObject(node, file, RELINK);
  if (repository === undefined) return undefined;
  const { projects, orgId } = repository;
  if (!Array.isArray(projects)) throw malformed(`${shown(file)}:1`, 'has no list `projects`', RELINK);
  const entries = projects.filter((one): one is RepositoryEntry => typeof one === 'object' && one !== null);
  const inside = node.path.relative(root, from).replaceAll('\\', '/');
  const matches = entries.filter(
    ({ directory }) => directory === '.' || `${inside}/`.startsWith(`${String(directory)}/`),
  );
  const depth = ({ directory }: RepositoryEntry): number =>
    directory === '.' ? 0 : String(directory).split('/').length;
  const deepest = Math.max(...matches.map(depth));
  const [entry, ...others] = matches.length === 0 ? entries : matches.filter((one) => depth(one) === deepest);
  if (entry !== undefined && others.length === 0 && typeof entry.directory === 'string') {
    // The .env files are read from this directory, and the CLI runs in it.
    const directory = node.path.resolve(root, entry.directory);
    if (!isInside(node, root, directory))
      throw malformed(`${shown(file)}:1`, 'names a directory that is not below it', RELINK);
    return linked(file, entry.id, entry.orgId ?? orgId, directory, root);
  }
  throw failure({
    code: 'no_subject_token',
    message: `${shown(file)} does not say which of its ${entries.length} projects ${shown(from)} belongs to.`,
    hint: 'Run the program in the directory of the project, pass `projectId` and `teamId`, or run `vercel link` there.',
  });
}

function linked(
  file: string,
  projectId: unknown,
  ownerId: unknown,
  directory: string,
  root: string,
): LinkedProject {
  for (const [name, value, { pattern, says }] of [
    ['project', projectId, PROJECT_ID],
    ['owner', ownerId, OWNER_ID],
  ] as const)
    if (typeof value !== 'string' || !pattern.test(value))
      throw malformed(`${shown(file)}:1`, `has an invalid ${name} id: it must be ${says}`, RELINK);
  return {
    projectId: projectId as string,
    ownerId: ownerId as string,
    directory,
    root,
    source: shown(file),
  };
}
