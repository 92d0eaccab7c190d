/** What a polluted Object.prototype (CWE-1321) says is no option, no variable and no part of a request. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import type { HttpResponse } from './contract.js';
import { OptionError } from './errors.js';
import { closeServers, listen, OK } from './http/raw-server.fixture.js';
import { transportOf } from './http/transport.js';
import { optionalClock, optionalString, ownMembers, ownOptions } from './options/assert.js';
import { memberOf, optionNames, ownCopy, parseJson } from './own.js';
import { startTimer } from './runtime/clock.js';
import { readSubjectToken } from './token/source-error.js';

afterEach(() => {
  closeServers();
  vi.unstubAllEnvs();
});

async function polluted<T>(name: string, value: unknown, work: () => T | Promise<T>): Promise<T> {
  const root = Object.prototype as Record<string, unknown>;
  root[name] = value;
  try {
    return await work();
  } finally {
    delete root[name];
  }
}

interface Some {
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
}
const NAMES = optionNames<Some>({ endpoint: true, region: true });
const ATTACKER = 'https://attacker.example';

describe('options', () => {
  it('are a copy of the own ones, which inherits nothing', async () => {
    const given = { region: 'eu-west-1' };
    const own = await polluted('endpoint', ATTACKER, () => ownOptions<Some>('f', given, NAMES));
    expect(await polluted('endpoint', ATTACKER, () => own.endpoint)).toBeUndefined();
    expect(own.region).toBe('eu-west-1');
    expect(own).not.toBe(given);
    expect(Object.getPrototypeOf(own)).toBeNull();
  });

  it('of a class are refused where the class has them, with what to write', () => {
    class Settings {
      get region(): string {
        return 'eu-west-1';
      }
    }
    for (const read of [ownOptions, ownMembers]) {
      const refused = (): unknown => read<Some>('f', new Settings(), NAMES);
      expect(refused).toThrow(OptionError);
      expect(refused).toThrow(
        'f reads own properties only, and `region` is inherited from the class or the prototype of `options`: ' +
          'pass a plain object, such as `{ region: value.region }`.',
      );
      expect(() => read<Some>('f', Object.create({ region: 'x' }) as Some, NAMES)).toThrow('`region`');
    }
  });

  it('of a class with fields, without a prototype, or of another realm are read', async () => {
    const { runInNewContext } = await import('node:vm');
    class Fields {
      region = 'eu-west-1';
    }
    for (const given of [new Fields(), ownCopy(new Fields()), runInNewContext("({ region: 'eu-west-1' })")])
      expect({ ...ownOptions<Some>('f', given as Some, NAMES) }).toEqual({ region: 'eu-west-1' });
  });
});

it('a variable that is not set is not found on Object.prototype, nor is the name of one', async () => {
  vi.stubEnv('AWS_REGION', undefined);
  const name = { option: 'region', environmentVariable: 'AWS_REGION' };
  expect(await polluted('AWS_REGION', 'eu-evil-1', () => optionalString(name, undefined))).toBeUndefined();
  vi.stubEnv('OTHER', 'x');
  const read = (): unknown => optionalString({ option: 'region' }, undefined);
  expect(await polluted('environmentVariable', 'OTHER', read)).toBeUndefined();
});

it('a clock of a class keeps its methods, and gets no timer from Object.prototype', async () => {
  class Stopped {
    now(): number {
      return 1;
    }
    monotonic(): number {
      return 2;
    }
  }
  const stopped = new Stopped();
  const evil = vi.fn<() => () => void>(() => () => undefined);
  await polluted('setTimeout', evil, async () => {
    expect(optionalClock(stopped)).toBe(stopped);
    startTimer(stopped, 1_000, () => undefined)();
  });
  expect(await polluted('setTimeout', 'x', () => optionalClock(stopped))).toBe(stopped);
  expect(evil).not.toHaveBeenCalled();
  expect(memberOf(stopped, 'now')?.call(stopped)).toBe(1);
});

it('JSON and the claims of a token inherit nothing, at any depth', () => {
  const parsed = parseJson('{"a":{"b":[{"c":1}]},"__proto__":{"d":1}}') as Record<string, never>;
  expect(parsed['toString']).toBeUndefined();
  expect(Object.getPrototypeOf(parsed['a']?.['b']?.[0])).toBeNull();
  expect(JSON.stringify(parsed)).toBe('{"a":{"b":[{"c":1}]},"__proto__":{"d":1}}');
  const payload = Buffer.from('{"exp":9999999999,"act":{}}').toString('base64url');
  const { claims } = readSubjectToken(`e30.${payload}.c2ln`);
  expect([claims, claims['act']].map((each) => Object.getPrototypeOf(each) as unknown)).toEqual([null, null]);
});

describe('a request of node:http', () => {
  const transport = transportOf(undefined);
  const { signal } = new AbortController();
  const send = (url: URL): Promise<HttpResponse> =>
    transport('test', url, { headers: { accept: 'text/plain' }, body: 'secret', signal });
  const NAMES_OF_NODE =
    'agent auth body createConnection defaultPort headers insecureHTTPParser maxHeaderSize method path setHost ' +
    'socketPath ca secureContext';

  it.each(NAMES_OF_NODE.split(' '))('is not changed by an inherited %s', async (name) => {
    const said: string[] = [];
    const url = await listen((socket) =>
      socket.on('data', (data) => {
        said.push(data.toString());
        socket.end(OK.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'));
      }),
    );
    await send(url);
    const called: string[] = [];
    const evil = (): never => {
      called.push(name);
      throw new Error('asked');
    };
    for (const value of ['/no/such/socket', 1, { addRequest: evil, authorization: 'x' }, evil]) {
      // Code of Node's own reads some by inheritance, and throws: then nothing is sent.
      const body = await polluted(name, value, () =>
        send(url).then(
          (answer) => answer.body,
          () => 'ok',
        ),
      );
      expect(body).toBe('ok');
    }
    expect(called).toEqual([]);
    expect(new Set(said).size).toBe(1);
  });
});
