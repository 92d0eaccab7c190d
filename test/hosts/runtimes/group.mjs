// The packages by themselves on each runtime: an empty folder with the tarballs, no tool between.

const DENO = [
  'run',
  '--no-prompt',
  '--allow-env',
  '--allow-read',
  '--allow-net=127.0.0.1',
  '--node-modules-dir=manual',
];

export async function run({ runtimes, folder, run, clouds }) {
  const cwd = await folder('runtimes', { packages: ['aws', 'gcp', 'azure'] });
  const hosts = {
    'Node 20': ['node20', []],
    'Node 22': ['node22', []],
    'Node 24': ['node24', []],
    'Node 26': ['node26', []],
    Bun: ['bun', []],
    Deno: ['deno', DENO],
  };
  for (const [host, [runtime, flags]] of Object.entries(hosts)) {
    clouds(host, await run(runtimes[runtime], [...flags, 'main.mjs'], { cwd }));
  }
}
