// An application that logs in to a database of the cloud, by the programs that people use: psql and redis-cli. Prints one line for
// each login, with the right password and with a plain one.
import { spawnSync } from 'node:child_process';
import { elastiCachePassword } from '@credex/aws/elasticache';
import { rdsPassword } from '@credex/aws/rds';

const { PGHOST, PGPORT, PGUSER, REDIS_HOST, REDIS_PORT, REDIS_USER, PGSSLROOTCERT, NODE_EXTRA_CA_CERTS } =
  process.env;

const psql = (password, statement = 'select 40 + 2') => {
  const env = { ...process.env, PGPASSWORD: password, PGSSLROOTCERT };
  const { stdout, stderr } = spawnSync('psql', ['-At', '-c', statement], { env, encoding: 'utf8' });
  return `${stdout}${stderr}`.trim();
};
const redis = (password) => {
  const tls = [
    '--tls',
    '--cacert',
    NODE_EXTRA_CA_CERTS,
    '--user',
    REDIS_USER,
    '--pass',
    password,
    '--no-auth-warning',
  ];
  const { stdout, stderr } = spawnSync('redis-cli', ['-h', REDIS_HOST, '-p', REDIS_PORT, ...tls, 'ping'], {
    encoding: 'utf8',
  });
  return `${stdout}${stderr}`.trim();
};

if (PGHOST !== undefined) {
  const password = await rdsPassword({ hostname: PGHOST, port: Number(PGPORT), username: PGUSER })();
  const isSuperuser = psql(password, 'show is_superuser');
  // The owner of the database may make what an application needs.
  const makes = psql(password, 'create table orders (id int)');
  console.log(JSON.stringify({ signed: psql(password), isSuperuser, makes, plain: psql('secret') }));
} else {
  const password = await elastiCachePassword({ cacheName: 'dev', userId: REDIS_USER })();
  console.log(JSON.stringify({ signed: redis(password), plain: redis('secret') }));
}
