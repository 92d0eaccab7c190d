/** What servers answer, byte by byte: by Node's own way it is what fetch makes of it. */

import { afterEach, describe, expect, it } from 'vitest';
import { transportFailure } from './failure.js';
import { MAX_ANSWER_BYTES } from './http.js';
import { answering, askBy, CHUNKED, closeServers, OK } from './raw-server.fixture.js';

afterEach(closeServers);

const text = (body: string | Buffer): (string | Buffer)[] => {
  const bytes = Buffer.from(body);
  return [
    `HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\n\r\n`,
    ...Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1)),
  ];
};

describe.each(['fetch', 'node:https'] as const)('an answer by %s', (way) => {
  const brokenOff: Readonly<Record<string, string>> = {
    'before it': '',
    'in its headers': 'HTTP/1.1 200 OK\r\ncontent-ty',
    'at the end of its headers': 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n',
    'in its body': 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no',
    'before a chunk': CHUNKED,
    'in the length of a chunk': `${CHUNKED}2`,
    'in a chunk': `${CHUNKED}2\r\no`,
    'between chunks': `${CHUNKED}2\r\nok\r\n`,
    'in the last chunk': `${CHUNKED}2\r\nok\r\n0\r\n`,
    'by another protocol': 'SSH-2.0-x\r\n\r\n',
    'by a switch of protocols': 'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    'by two lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok',
  };

  it.each(Object.entries(brokenOff))('broken off %s is a failure of the network', async (_where, part) => {
    const url = await answering([part], !part.includes('101'));
    const thrown: unknown = await askBy(way, url).catch((error: unknown) => error);
    expect(transportFailure(thrown)).toEqual({ code: 'network' });
    expect((await askBy(way, url)).body).toBe('ok');
  });

  it('that is too long leaves no socket to the next', async () => {
    for (const status of [200, 302]) {
      const long = 'x'.repeat(MAX_ANSWER_BYTES + 1);
      const head = `HTTP/1.1 ${status} X\r\ncontent-length: ${long.length + 100}\r\n\r\n`;
      const url = await answering([head, long]);
      await expect(askBy(way, url)).rejects.toMatchObject({ status });
      expect((await askBy(way, url)).body).toBe('ok');
    }
  });

  it('that comes twice is not taken for that of the next', async () => {
    const url = await answering([OK + OK.replace('ok', 'no')]);
    expect((await askBy(way, url)).body).toBe('ok');
    expect((await askBy(way, url)).body).toBe('ok');
    const later = await answering([OK, OK.replace('ok', 'no')]);
    expect((await askBy(way, later)).body).toBe('ok');
    expect((await askBy(way, later)).body).toBe('ok');
  });

  it('in chunks is as long as it may be, and no longer', async () => {
    const half = 'x'.repeat(MAX_ANSWER_BYTES / 2);
    const chunks = [half, half].map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`);
    const url = await answering([CHUNKED, ...chunks, '0\r\n\r\n']);
    expect((await askBy(way, url)).body).toHaveLength(MAX_ANSWER_BYTES);
    const longer = await answering([CHUNKED, ...chunks, '1\r\nx\r\n', '0\r\n\r\n']);
    await expect(askBy(way, longer)).rejects.toMatchObject({ code: 'invalid_response' });
  });

  it.each<[string, string, string]>([
    ['after early hints', `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${OK}`, 'ok'],
    ['without a body', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
    ['of no stated length', 'HTTP/1.0 200 OK\r\n\r\nok', 'ok'],
    ['with trailers', `${CHUNKED}2\r\nok\r\n0\r\nretry-after: 7\r\n\r\n`, 'ok'],
  ])('%s is read', async (_name, part, body) => {
    const answer = await askBy(way, await answering([part], part.includes('1.0')));
    expect(answer.body).toBe(body);
    expect(answer.headers['retry-after']).toBeUndefined();
  });

  it('is UTF-8, wherever it was split', async () => {
    const read = async (body: string | Buffer): Promise<string> =>
      (await askBy(way, await answering(text(body)))).body;
    expect(await read('ünï €😀')).toBe('ünï €😀');
    expect(await read('\ufeffa\ufeff')).toBe('a\ufeff');
    expect(await read('\ufeff\ufeffa')).toBe('\ufeffa');
    const broken = Buffer.from(
      'efbb_61ffc328e28262f09f98_eda080_f4908080_c0af_e282'.replaceAll('_', ''),
      'hex',
    );
    expect(await read(broken)).toBe(new TextDecoder().decode(broken));
  });

  it('has all values of a header, whatever its case', async () => {
    const lines = [
      'Date: a',
      'dATE: b',
      'Retry-After: 1',
      'retry-after: 2',
      'AGE: 1',
      'age: 2',
      'X-Own: \xfc',
    ];
    const url = await answering([OK.replace('\r\n', `\r\n${lines.join('\r\n')}\r\n`)]);
    expect((await askBy(way, url)).headers).toEqual({
      date: 'a, b',
      'retry-after': '1, 2',
      age: '1, 2',
      'x-own': 'ü',
      'content-length': '2',
    });
  });
});
