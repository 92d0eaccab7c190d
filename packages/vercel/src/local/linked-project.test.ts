import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { laptop } from './laptop.fixture.js';
import type { Laptop } from './laptop.fixture.js';
import { findLinkedProject } from './linked-project.js';
import { node } from './node.js';
import type { Node } from './node.js';

let here: Laptop;
beforeEach(() => {
  here = laptop();
});
afterEach(() => here.remove());
const found = (directory: string) => findLinkedProject(node() as Node, directory, here.home);

it('is found upwards, at the nearest link', () => {
  const project = { projectId: 'prj_shop', ownerId: 'team_acme' };
  expect(found(join(here.project, 'src', 'deep'))).toMatchObject({ ...project, directory: here.project });
  here.write(join(here.project, 'src', '.vercel', 'project.json'), {
    projectId: 'prj_src',
    orgId: 'team_acme',
  });
  expect(found(join(here.project, 'src', 'deep'))?.projectId).toBe('prj_src');
  expect(found(here.home)).toBeUndefined();
});

it('is passed over where another user wrote it', () => {
  const me = node() as Node;
  const deep = join(here.project, 'src');
  const as = (uid: number | undefined, owner: number) => {
    const fs = { ...me.fs, statSync: () => ({ uid: owner }) } as unknown as Node['fs'];
    return findLinkedProject({ ...me, fs, uid }, deep, here.home)?.projectId;
  };
  expect(as(54_321, 12_345)).toBeUndefined();
  for (const [uid, owner] of [
    [12_345, 12_345],
    [54_321, 0],
    [undefined, 12_345],
  ] as const)
    expect(as(uid, owner)).toBe('prj_shop');
});

it('knows the ids of the first years', () => {
  const old = 'QmXGTs7mvAMMC7WW5ebrM33qKG32QK3h4vmQMjmYaB';
  here.write(here.linkFile, { projectId: old, orgId: 'VaLoj5uIN9cYXD2ubqs0aB1c' });
  expect(found(here.project)).toMatchObject({ projectId: old, ownerId: 'VaLoj5uIN9cYXD2ubqs0aB1c' });
});

it('is not the one of the home directory for all that is below', () => {
  rmSync(join(here.project, '.vercel'), { recursive: true });
  here.write(join(here.home, '.vercel', 'project.json'), { projectId: 'prj_home', orgId: 'team_acme' });
  expect(found(here.project)).toBeUndefined();
  expect(found(here.home)?.projectId).toBe('prj_home');
});

describe('in a monorepo', () => {
  const projects = [
    { id: 'prj_root', name: 'root', directory: '.' },
    { id: 'prj_web', name: 'web', directory: 'apps/web', orgId: 'team_web' },
    { id: 'prj_admin', name: 'admin', directory: 'apps/web/admin' },
  ];
  beforeEach(() => {
    rmSync(join(here.project, '.vercel'), { recursive: true });
    here.write(join(here.project, '.vercel', 'repo.json'), {
      orgId: 'team_acme',
      remoteName: 'origin',
      projects,
    });
  });

  it.each([
    ['', 'prj_root', 'team_acme', '.'],
    ['packages/ui', 'prj_root', 'team_acme', '.'],
    ['apps/web', 'prj_web', 'team_web', 'apps/web'],
    ['apps/web/src', 'prj_web', 'team_web', 'apps/web'],
    ['apps/website', 'prj_root', 'team_acme', '.'],
    ['apps/web/admin/src', 'prj_admin', 'team_acme', 'apps/web/admin'],
  ])('%j belongs to %s', (inside, projectId, ownerId, directory) => {
    expect(found(join(here.project, inside))).toMatchObject({
      projectId,
      ownerId,
      directory: join(here.project, directory),
      root: here.project,
    });
  });

  it('a project.json of settings alone is no link, one with ids is the nearer one', () => {
    const file = join(here.project, '.vercel', 'project.json');
    here.write(file, { settings: { framework: 'nextjs' } });
    expect(found(join(here.project, 'apps/web'))?.projectId).toBe('prj_web');
    here.write(join(here.project, 'apps/web/.vercel/project.json'), { projectId: 'prj_x', orgId: 'team_x' });
    expect(found(join(here.project, 'apps/web'))?.projectId).toBe('prj_x');
  });

  it.each(['..', '../other', 'apps/../../other', '/etc'])('is never outside of it: %s', (directory) => {
    const only = { id: 'prj_web', directory };
    here.write(join(here.project, '.vercel', 'repo.json'), { orgId: 'team_acme', projects: [only] });
    expect(() => found(here.project)).toThrow('names a directory that is not below it');
  });

  it('is the only one there is, wherever one stands', () => {
    here.write(join(here.project, '.vercel', 'repo.json'), { orgId: 'team_acme', projects: [projects[1]] });
    expect(found(here.project)?.projectId).toBe('prj_web');
  });
});
