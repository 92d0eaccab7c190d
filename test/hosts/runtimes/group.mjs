// The packages by themselves on each runtime: an empty folder with the tarballs, no tool between.

const DENO = [
  'run',
  '--no-prompt',
  '--allow-env',
  '--allow-read',
  '--allow-net=127.0.0.1',
  '--node-modules-dir=manual',
];

const HOSTS = {
  'Node 20': 'node20',
  'Node 22': 'node22',
  'Node 24': 'node24',
  'Node 26': 'node26',
  Bun: 'bun',
  Deno: 'deno',
};

export async function run({ runtimes, folder, run, clouds }) {
  const cwd = await folder('runtimes', { packages: ['aws', 'gcp', 'azure'] });
  for (const [host, name] of Object.entries(HOSTS)) {
    const flags = name === 'deno' ? DENO : [];
    clouds(host, await run(runtimes[name], [...flags, 'main.mjs'], { cwd }));
  }
}
