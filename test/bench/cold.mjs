// `npm run bench:cold`: from the start of a process to its first credential, over TLS. Ours and the libraries that
// people use today, and the least that it can cost, each above an empty process; interleaved, so that a busy
// moment hits all alike. Arguments: the number of rounds (11); `--write` keeps table and plot in docs/bench.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { arch } from 'node:process';
import { fileURLToPath } from 'node:url';
import { inColdFixture } from './cold-fixture.mjs';
import { median } from './interleaved.mjs';
import { plot } from './plot.mjs';

const args = process.argv.slice(2);
const rounds = Number(args.find((arg) => /^\d+$/.test(arg)) ?? 11);

const CLOUDS = {
  AWS: {
    'node:https, one POST': 'aws-bare',
    '@credex/aws': 'aws-credex',
    '@aws-sdk/client-sts': 'aws-client-sts',
    '@vercel/oidc-aws-credentials-provider': 'aws-vercel',
  },
  'Google Cloud': {
    'node:https, two POSTs': 'gcp-bare',
    '@credex/gcp': 'gcp-credex',
    'google-auth-library': 'gcp-google-auth-library',
  },
  Azure: {
    'node:https, one POST': 'azure-bare',
    '@credex/azure': 'azure-credex',
    '@azure/identity': 'azure-identity',
  },
};
const SUBJECTS = ['empty', ...Object.values(CLOUDS).flatMap((cloud) => Object.values(cloud))];

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const cpu = arch === 'arm64' ? 'arm64' : 'x64';
const NODES = {
  [`Node ${process.versions.node.split('.')[0]}`]: process.execPath,
  'Node 24': here(`../runtime/node_modules/node24-linux-${cpu}/bin/node`),
};

function run(node, env, subject, flags = []) {
  return new Promise((resolve, reject) => {
    execFile(
      node,
      [...flags, here(`cold/${subject}.mjs`)],
      { env, timeout: 60_000, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) =>
        error === null
          ? resolve({ ...JSON.parse(stdout), stderr })
          : reject(new Error(`${subject}: ${error.message}`)),
    );
  });
}

async function measure(node, env) {
  const seen = Object.fromEntries(SUBJECTS.map((subject) => [subject, []]));
  // The first of each is not counted: files come from the disk.
  for (let round = 0; round <= rounds; round += 1) {
    for (let at = 0; at < SUBJECTS.length; at += 1) {
      const subject = SUBJECTS[(at + round) % SUBJECTS.length];
      const one = await run(node, env, subject);
      if (round > 0) seen[subject].push(one);
    }
  }
  const middle = (subject, what) => median(seen[subject].map((one) => one[what]));
  const above = (subject, what) => middle(subject, what) - middle('empty', what);
  return Object.fromEntries(
    SUBJECTS.map((subject) => [
      subject,
      { cpuMs: above(subject, 'cpuMs'), wallMs: above(subject, 'wallMs'), rssMiB: above(subject, 'rssMiB') },
    ]),
  );
}

/** Modules of files; Node's own are there anyway. */
async function modulesOf(env, subject) {
  const flags = ['--import', here('cold/modules.mjs')];
  const { stderr, required } = await run(process.execPath, env, subject, flags);
  const imported = stderr
    .split('\n')
    .filter((line) => line.startsWith('module file:') && !line.includes('/bench/cold/'))
    .map((line) => fileURLToPath(line.slice('module '.length)));
  return new Set([...imported, ...required]).size;
}

const report = [];
const say = (line) => {
  console.log(line);
  report.push(line);
};

await inColdFixture(async (env) => {
  const bars = [];
  const modules = {};
  for (const subject of SUBJECTS.slice(1)) modules[subject] = await modulesOf(env, subject);
  for (const [name, node] of Object.entries(NODES)) {
    if (!existsSync(node)) {
      say(`\nNOT RUN: ${name} is not installed for this platform.`);
      continue;
    }
    const measured = await measure(node, env);
    say(`\n${name}, medians of ${rounds} processes, above an empty one\n`);
    say('| library | CPU ms | of the bare POST | wall ms | memory MiB | modules |');
    say('| --- | ---: | ---: | ---: | ---: | ---: |');
    for (const [cloud, subjects] of Object.entries(CLOUDS)) {
      const [bare, ours] = Object.values(subjects).map((subject) => measured[subject].cpuMs);
      for (const [label, subject] of Object.entries(subjects)) {
        const { cpuMs, wallMs, rssMiB } = measured[subject];
        const times = cpuMs / ours;
        const beside =
          label.startsWith('node:') || label.startsWith('@credex') ? '' : `; ours × ${times.toFixed(1)}`;
        say(
          `| ${cloud}: ${label} | ${cpuMs.toFixed(0)} | × ${(cpuMs / bare).toFixed(2)}${beside} | ${wallMs.toFixed(0)} | ${rssMiB.toFixed(1)} | ${modules[subject]} |`,
        );
        bars.push({ group: `${name}, ${cloud}`, label, value: cpuMs, ours: label.startsWith('@credex') });
      }
    }
  }
  if (!args.includes('--write')) return;
  const folder = here('../../docs/bench/');
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}cold.svg`, plot('To the first credential: CPU ms above an empty process', bars));
  await writeFile(`${folder}cold.md`, `# Cold start\n\n\`npm run bench:cold\`\n${report.join('\n')}\n`);
});
