// Stands for `docker compose up` as the child of `credex dev`: reads the compose file, and runs the service with the variables that
// the file names, as another user, in a folder without the user's files. Containers share no loopback with the host; that is not
// tested here.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [file, from, program] = process.argv.slice(2);
const { parse } = createRequire(from)('yaml');
const { services } = parse(readFileSync(file, 'utf8'));
const [app] = Object.values(services);

const substituted = (text) => text.replaceAll(/\$\{(\w+)\}/g, (_, name) => process.env[name] ?? '');
const [outside, inside, mode] = substituted(app.volumes[0]).split(':');
if (outside !== inside || mode !== 'ro') throw new Error(`The volume is ${outside}:${inside}:${mode}.`);

const env = Object.fromEntries(app.environment.map((name) => [name, process.env[name]]));
for (const name of ['NODE_EXTRA_CA_CERTS', 'VERCEL_OIDC_TOKEN_FILE'])
  if (!env[name].startsWith(`${inside}/`)) throw new Error(`${name} is not in the volume.`);
const NOBODY = 65_534;
const { status } = spawnSync(process.execPath, [program], {
  env,
  stdio: 'inherit',
  ...(process.getuid() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
});
process.exit(status ?? 1);
