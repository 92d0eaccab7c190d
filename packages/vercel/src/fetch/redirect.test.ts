/** Redirects: followed within the origin, never out of it. */

import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { TOKEN, echo, got, made, started } from './authenticated-fetch.fixture.js';

describe('a redirect', () => {
  const redirecting =
    (status: number, location: string | undefined): RequestListener =>
    (request, response) => {
      if (request.url !== '/from') return echo(request, response);
      return response.writeHead(status, location === undefined ? {} : { location }).end();
    };

  it.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [302, 'PUT', 'PUT'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
    [308, 'GET', 'GET'],
  ])('%i of %s stays within its origin as %s', async (status, method, then) => {
    const api = await started(redirecting(status, '/to?a=1'));
    const body = method === 'GET' ? null : 'pears';
    const answer = await got(made(api.origin)(`${api.origin}/from`, { method, body }));
    expect(answer).toMatchObject({
      method: then,
      url: '/to?a=1',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(answer.body).toBe(then === 'GET' ? '' : 'pears');
    expect('content-type' in answer.headers).toBe(then !== 'GET');
  });

  it.each([301, 302, 303, 307, 308])('%i to another origin never brings the token there', async (status) => {
    const other = await started(echo);
    const api = await started(redirecting(status, `${other.origin}/to`));
    // Another origin that this fetch was made for as well: the API has no say in where a token goes.
    const own = made([api.origin, other.origin]);
    await expect(own(`${api.origin}/from`)).rejects.toMatchObject({
      name: 'FederationError',
      code: 'redirect_refused',
      message: expect.stringContaining(other.origin) as string,
    });
    expect(other.seen).toEqual([]);
    const shown = await own(`${api.origin}/from`, { redirect: 'manual' });
    expect([shown.status, shown.headers.get('location')]).toEqual([status, `${other.origin}/to`]);
    await expect(own(`${api.origin}/from`, { redirect: 'error' })).rejects.toMatchObject({
      code: 'redirect_refused',
    });
    expect(other.seen).toEqual([]);
  });

  it.each([
    ['//evil.example/'],
    ['\\\\evil.example/'],
    ['http://localhost/'],
    ['ftp://api.example.com/'],
    ['http://user@{host}/'],
    ['http://'],
    ['https://{host}/'],
    ['javascript:alert(1)'],
    ['data:,a'],
  ])('to %s is refused', async (location) => {
    const api = await started((_request, response) =>
      response.writeHead(302, { location: location.replace('{host}', new URL(api.origin).host) }).end(),
    );
    await expect(made(api.origin)(api.origin)).rejects.toMatchObject({ code: 'redirect_refused' });
    expect(api.seen).toHaveLength(1);
  });

  it('from https to http is refused', async () => {
    const asked: string[] = [];
    const own = made('https://api.example.com', {
      fetch: async (input) => {
        asked.push(String(input));
        return new Response(null, { status: 308, headers: { location: 'http://api.example.com/' } });
      },
    });
    await expect(own('https://api.example.com/')).rejects.toMatchObject({ code: 'redirect_refused' });
    expect(asked).toEqual(['https://api.example.com/']);
  });

  it('does not show a token that the server put into the host', async () => {
    const api = await started(redirecting(302, `https://${TOKEN.slice(0, 60)}.evil.example/${TOKEN}`));
    await expect(made(api.origin)(`${api.origin}/from`)).rejects.toSatisfy(
      (error) => !String(error).toLowerCase().includes(TOKEN.slice(0, 30).toLowerCase()),
    );
  });

  it('ends after 20, and where a stream would have to be sent again', async () => {
    const round = await started((_request, response) => response.writeHead(302, { location: '/' }).end());
    await expect(made(round.origin)(round.origin)).rejects.toMatchObject({ code: 'redirect_refused' });
    expect(round.seen).toHaveLength(21);
    const api = await started(redirecting(307, '/to'));
    const init = { method: 'POST', body: new Blob(['a']).stream(), duplex: 'half' } as RequestInit;
    await expect(made(api.origin)(`${api.origin}/from`, init)).rejects.toMatchObject({
      code: 'redirect_refused',
    });
  });

  it('without a place to go is the answer', async () => {
    const api = await started(redirecting(302, undefined));
    expect((await made(api.origin)(`${api.origin}/from`)).status).toBe(302);
  });
});
