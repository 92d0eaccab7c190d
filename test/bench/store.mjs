// `npm run bench:store`: the exchanges of cold fleets with and without a store on a real Redis, and what a cold call takes.
// `--plot FILE` writes the plot that the README of @credex/store shows. Needs redis-server (apt-get install redis-server).
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createStoreKey } from '@credex/store';
import { coldFleet } from '../stores/fleet.mjs';
import { plot } from './plot.mjs';
import { installedClients, startRedis } from './store-engine.mjs';

const PROCESSES = 4;
const EXCHANGE_MS = 300;

const ioredis = createRequire(join(installedClients(), 'package.json')).resolve('ioredis');
const server = await startRedis();
const key = createStoreKey('production');

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** The exchanges of so many cold instances, and the median of their calls in milliseconds. */
async function measure(instances, withStore, exchangeMs = EXCHANGE_MS) {
  const processes = Math.min(PROCESSES, instances);
  const settings = { exchangeMs, port: server.port, key, ioredis, waitForLeaderMs: 600, withStore };
  const calls = await coldFleet(processes, { ...settings, instances: Math.ceil(instances / processes) });
  const failed = calls.filter(({ error }) => error !== undefined);
  if (failed.length > 0) throw new Error(`${failed.length} calls failed: ${failed[0].error}`);
  return { exchanges: Number(server.cli('get', 'exchanges')), ms: median(calls.map(({ ms }) => ms)) };
}

try {
  const rows = [];
  for (const instances of [1, 10, 100, 200]) {
    for (const withStore of [false, true]) {
      server.cli('flushall');
      rows.push({ instances, withStore, ...(await measure(instances, withStore)) });
    }
  }
  console.log(`\nCold instances in up to ${PROCESSES} processes, an exchange of ${EXCHANGE_MS} ms:\n`);
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
