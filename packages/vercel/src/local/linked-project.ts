/** Which project a directory is linked to: by `.vercel/project.json`, or in a monorepo by `.vercel/repo.json`. */

import { shown } from '@credex/core/driver';
import { OWNER_ID, PROJECT_ID } from './ids.js';
import { isInside } from './node.js';
import type { Node } from './node.js';
import { malformed, readJsonObject } from './read-file.js';
import { failure } from './failure.js';

export interface LinkedProject {
  readonly projectId: string;
  /** `team_…`, or a person's id; `undefined` where an option names the project alone. */
  readonly ownerId: string | undefined;
  /** The project's own directory: where its .env files are. */
  readonly directory: string;
  /** Where the link is: of a monorepo, its root. */
  readonly root: string;
  /** What says so: a file, or the option. */
  readonly saidBy: string;
}

const AGAIN = { hint: 'Run `vercel link` in the directory of the project to write it anew.' };

/**
 * Walks up from `directory`; a link of the directory itself comes before one of the repository, as in the CLI.
 * `undefined` where nothing is linked.
 *
 * @throws FederationError where a link is there and can't be used
 */
export function findLinkedProject(node: Node, directory: string, home: string): LinkedProject | undefined {
  const { path } = node;
  for (let at = directory; ; at = path.dirname(at)) {
    // A link in the home directory is nearly always a mistake: everything below would be that project.
    if (at !== home || at === directory) {
      const found =
        ofDirectory(node, path.join(at, '.vercel', 'project.json'), at) ??
        ofRepository(node, path.join(at, '.vercel', 'repo.json'), at, directory);
      if (found !== undefined) return found;
    }
    if (at === path.dirname(at)) return undefined;
  }
}

/** `vercel pull` in a linked monorepo writes a project.json of settings alone: that is no link. */
function ofDirectory(node: Node, file: string, directory: string): LinkedProject | undefined {
  const link = readJsonObject(node, file, AGAIN);
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
  const repository = readJsonObject(node, file, AGAIN);
  if (repository === undefined) return undefined;
  const { projects, orgId } = repository;
  if (!Array.isArray(projects)) throw malformed(`${shown(file)}:1`, 'has no list `projects`', AGAIN);
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
    // Its .env files are read and the CLI is run there.
    const directory = node.path.resolve(root, entry.directory);
    if (!isInside(node, root, directory))
      throw malformed(`${shown(file)}:1`, 'names a directory outside of its own', AGAIN);
    return linked(file, entry.id, entry.orgId ?? orgId, directory, root);
  }
  throw failure({
    code: 'no_subject_token',
    message: `${shown(file)} does not say which of its ${entries.length} projects ${shown(from)} belongs to.`,
    hint: 'Start in the directory of the project, pass `projectId` and `teamId`, or run `vercel link` there.',
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
      throw malformed(`${shown(file)}:1`, `names no ${name}: it must be ${says}`, AGAIN);
  return {
    projectId: projectId as string,
    ownerId: ownerId as string,
    directory,
    root,
    saidBy: shown(file),
  };
}
