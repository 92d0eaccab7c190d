import { posix, win32 } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { node } from './node.js';
import type { Node } from './node.js';
import { placesOf } from './cli-login.js';

const on = (platform: string): Node => {
  const here = node() as Node;
  const path = platform === 'win32' ? win32 : posix;
  return {
    ...here,
    platform,
    path,
    os: { ...here.os, homedir: () => (platform === 'win32' ? 'C:\\Users\\ada' : '/home/ada') },
  };
};
const places = (platform: string, homeDirectory?: string) =>
  placesOf(on(platform), { homeDirectory, configDirectory: undefined });

beforeEach(() => {
  for (const name of ['XDG_DATA_HOME', 'XDG_CACHE_HOME', 'XDG_DATA_DIRS', 'APPDATA', 'LOCALAPPDATA'])
    vi.stubEnv(name, undefined);
});
afterEach(() => void vi.unstubAllEnvs());

it.each([
  ['linux', '/home/ada/.local/share/com.vercel.cli', '/home/ada/.cache'],
  ['darwin', '/home/ada/Library/Application Support/com.vercel.cli', '/home/ada/Library/Caches'],
  ['win32', 'C:\\Users\\ada\\AppData\\Roaming\\com.vercel.cli\\Data', 'C:\\Users\\ada\\AppData\\Local'],
])('%s: the CLI in %s, we in %s', (platform, cli, cache) => {
  const { cliDirectories, cache: ours } = places(platform);
  expect([cliDirectories[0], ours]).toEqual([cli, cache]);
});

it('heeds the XDG variables where they are absolute, on every platform as the CLI does', () => {
  vi.stubEnv('XDG_DATA_HOME', '/data');
  vi.stubEnv('XDG_CACHE_HOME', 'relative');
  vi.stubEnv('XDG_DATA_DIRS', '/usr/share:relative');
  expect(places('darwin')).toMatchObject({
    cliDirectories: ['/data/com.vercel.cli', '/usr/share/com.vercel.cli', '/home/ada/.now'],
    cache: '/home/ada/Library/Caches',
  });
  vi.stubEnv('XDG_CACHE_HOME', '/cache');
  expect(places('linux').cache).toBe('/cache');
  expect(places('linux', '/other')).toMatchObject({ home: '/other', cache: '/other/.cache' });
  expect(places('linux', '/other').cliDirectories[0]).toBe('/other/.local/share/com.vercel.cli');
});

it('knows where older releases on Windows kept the login', () => {
  vi.stubEnv('APPDATA', 'D:\\roaming');
  expect(places('win32').cliDirectories).toEqual([
    'D:\\roaming\\com.vercel.cli\\Data',
    'D:\\roaming\\xdg.data\\com.vercel.cli',
    'C:\\Users\\ada\\.now',
  ]);
});
