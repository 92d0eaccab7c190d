// `npm run bench:store`: the exchanges of cold fleets with and without a store on a real Redis, and what a cold call takes.
// `--plot FILE` writes the plot that the README of @credex/store shows. Needs redis-server (apt-get install redis-server).
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createStoreKey } from '@credex/store';
import { installedClients } from '../stores/clients.mjs';
import { coldFleet } from '../stores/fleet.mjs';
import { startRedis } from '../stores/redis-server.mjs';
import { plot } from './plot.mjs';

const EXCHANGE_MS = 300;

const ioredis = createRequire(join(installedClients(), 'package.json')).resolve('ioredis');
const server = await startRedis();
const key = createStoreKey('production');

/** A machine that is busy with something else only adds exchanges and time. */
const ROUNDS = 3;

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** The exchanges of so many cold instances, and the median of their calls in milliseconds. */
async function measure(instances, withStore, exchangeMs = EXCHANGE_MS) {
  const processes = [4, 2, 1].find((count) => instances % count === 0);
  const settings = { exchangeMs, port: server.port, key, ioredis, waitForLeaderMs: 600, withStore };
  const calls = await coldFleet(processes, { ...settings, instances: instances / processes });
  const failed = calls.filter(({ error }) => error !== undefined);
  if (failed.length > 0) throw new Error(`${failed.length} calls failed: ${failed[0].error}`);
  return { exchanges: Number(server.cli('get', 'exchanges')), ms: median(calls.map(({ ms }) => ms)) };
}

async function best(instances, withStore) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    server.cli('flushall');
    rounds.push(await measure(instances, withStore));
  }
  return rounds.sort((a, b) => a.exchanges - b.exchanges || a.ms - b.ms)[0];
}

try {
  const rows = [];
  for (const instances of [1, 10, 100, 200]) {
    for (const withStore of [false, true])
      rows.push({ instances, withStore, ...(await best(instances, withStore)) });
  }
  console.log(
    `\nCold instances in up to 4 processes, an exchange of ${EXCHANGE_MS} ms, the best of ${ROUNDS} rounds:\n`,
  );
  console.log('| instances | store | exchanges | median call |\n| ---: | --- | ---: | ---: |');
  for (const { instances, withStore, exchanges, ms } of rows)
    console.log(`| ${instances} | ${withStore ? 'Redis' : 'none'} | ${exchanges} | ${ms.toFixed(0)} ms |`);

  server.cli('flushall');
  const miss = await measure(1, true);
  server.cli('set', 'exchanges', '0');
  const hit = await measure(1, true);
  const none = rows[0];
  console.log('\nA cold call of one instance:\n\n| | median call |\n| --- | ---: |');
  console.log(`| without a store | ${none.ms.toFixed(0)} ms |`);
  console.log(`| with a store, a miss | ${miss.ms.toFixed(0)} ms |`);
  console.log(`| with a store, a hit (${hit.exchanges} exchanges) | ${hit.ms.toFixed(0)} ms |`);

  const file = process.argv[process.argv.indexOf('--plot') + 1];
  if (process.argv.includes('--plot')) {
    const bars = rows.map(({ instances, withStore, exchanges }) => ({
      group: `${instances} cold ${instances === 1 ? 'instance' : 'instances'}`,
      label: withStore ? 'with a store' : 'without a store',
      value: exchanges,
      ours: withStore,
    }));
    writeFileSync(file, plot('Exchanges', bars));
    console.log(`\nwritten: ${file}`);
  }
} finally {
  await server.kill();
}
