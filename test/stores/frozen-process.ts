/** An instance in a separate process that is going to be frozen, with its token service, its Redis and its wall clock. */

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { eventually } from './redis-server.mjs';
import type { RedisServer } from './redis-server.mjs';

export interface Settings {
  readonly key: string;
  /** One for each process: its records and locks are told apart by it. */
  readonly namespace: string;
  readonly client: 'ioredis' | 'node-redis';
  /** Where the client's module is. */
  readonly module: string;
  /** A file for the child's clock. */
  readonly offset: string;
}

export interface Request {
  readonly scope: string;
  readonly lifeMs: number;
}

export interface Settled {
  readonly serial?: number;
  /** How long the credential was still valid when the caller got it. */
  readonly leftMs?: number;
  readonly error?: string;
}

type Message = ({ readonly what: 'settled'; readonly call: number } & Settled) | { readonly what: 'ready' };

/** The stage that the token service knows, and the child does not. */
const AT_REQUEST = 'during the exchange';
const CHILD = fileURLToPath(new URL('frozen-child.mjs', import.meta.url));
/** All keys of a namespace are this much older: those that end are deleted. */
const PASS = `for _, name in ipairs(redis.call('keys', ARGV[1] .. ':*')) do
  local left = redis.call('pttl', name) - ARGV[2]
  if left > 0 then redis.call('pexpire', name, left) else redis.call('del', name) end
end`;

export class FrozenProcess {
  exchanges = 0;
  readonly #redis: RedisServer;
  readonly #settings: Settings;
  readonly #service: Server;
  readonly #calls: ((settled: Settled) => void)[] = [];
  #child: ChildProcess | undefined;
  #offsetMs = 0;
  #said = '';
  #stopsAtRequest = false;
  #held: ServerResponse | undefined;

  constructor(redis: RedisServer, settings: Settings) {
    this.#redis = redis;
    this.#settings = settings;
    this.#service = createServer((request, response) => {
      this.exchanges += 1;
      const lifeMs = Number(request.url?.split('/').at(-1));
      const answer = JSON.stringify({ serial: this.exchanges, expiresAt: this.now() + lifeMs });
      if (!this.#stopsAtRequest) return void response.end(answer);
      this.#stopsAtRequest = false;
      this.#held = response;
      response.write(answer);
      this.#child?.kill('SIGSTOP');
    });
  }

  get namespace(): string {
    return this.#settings.namespace;
  }

  get serviceUrl(): string {
    return `http://127.0.0.1:${(this.#service.address() as { port: number }).port}/`;
  }

  /** Its wall clock, and that of all that it deals with. */
  readonly now = (): number => Date.now() + this.#offsetMs;

  async start(): Promise<void> {
    writeFileSync(this.#settings.offset, '0');
    this.#service.listen(0, '127.0.0.1');
    await once(this.#service, 'listening');
    const told = { ...this.#settings, port: this.#redis.port, service: this.serviceUrl };
    const child = fork(CHILD, [JSON.stringify(told)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { PATH: process.env['PATH'] },
      execArgv: [],
    });
    this.#child = child;
    child.stderr?.on('data', (chunk: Buffer) => (this.#said += chunk.toString()));
    child.on('message', (message: Message) => {
      if (message.what === 'settled') this.#calls[message.call]?.(message);
    });
    child.once('exit', () => {
      for (const settle of this.#calls) settle({ error: 'The process has ended.' });
    });
    await once(child, 'message');
  }

  /** A call in the process, which stops itself at `stopAt`. */
  call(request: Request, stopAt?: string): Promise<Settled> {
    this.#stopsAtRequest = stopAt === AT_REQUEST;
    return new Promise((resolve) => {
      const call = this.#calls.push(resolve) - 1;
      this.#child?.send({ what: 'call', call, request, stopAt });
    });
  }

  /**
   * Waits until the system says that it stands still. A token service answers all the same. False if `call` is over before:
   * it never came to the stage.
   */
  async isFrozen(call: Promise<unknown>): Promise<boolean> {
    let isOver = false;
    void call.then(() => (isOver = true));
    const status = `/proc/${this.#child?.pid}/status`;
    const isStopped = (): boolean => /^State:\s+T/m.test(readFileSync(status, 'utf8'));
    await eventually(() => isOver || isStopped());
    this.#held?.end();
    this.#held = undefined;
    return !isOver;
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Time passes: on the wall clock and in Redis. */
  pass(ms: number): void {
    this.#offsetMs += ms;
    writeFileSync(this.#settings.offset, String(this.#offsetMs));
    this.#redis.cli('eval', PASS, '0', this.#settings.namespace, String(ms));
  }

  /** What stands in Redis, sorted. */
  holds(): readonly string[] {
    const names = this.#redis.cli('--scan', '--pattern', `${this.#settings.namespace}:*`).split('\n');
    return names
      .filter(Boolean)
      .map((name) => (name.endsWith(':lock') ? 'lock' : 'record'))
      .sort();
  }

  /** Redis ends the process's connection; it connects again by itself. */
  closeConnection(): void {
    const clients = this.#redis.cli('client', 'list').split('\n');
    const own = clients.find((line) => line.includes(` name=${this.#settings.namespace} `));
    this.#redis.cli('client', 'kill', 'ID', /\bid=(\d+)/.exec(own ?? '')?.[1] ?? '');
  }

  /** Lets the process end by itself. `said`: all that it wrote on standard error. */
  async end(): Promise<{ readonly exitCode: unknown; readonly said: string }> {
    const ended = once(this.#child as ChildProcess, 'close');
    this.#child?.send({ what: 'end' });
    const [exitCode] = (await ended) as readonly unknown[];
    return { exitCode, said: this.#said };
  }

  stop(): void {
    this.#child?.kill('SIGKILL');
    this.#service.closeAllConnections();
    this.#service.close();
  }
}
