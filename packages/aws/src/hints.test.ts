import { describe, expect, it } from 'vitest';
import { caught, errorXml } from './aws.fixture.js';

const NO_PROVIDER = 'No OpenIDConnect provider found in your account for https://oidc.vercel.com/acme';
const UNVALIDATED =
  'The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements.';

describe('the hint', () => {
  it('of a denied role names the trust-policy keys of exactly this issuer, and what the token holds', async () => {
    const [error] = await caught({ status: 403, body: errorXml('AccessDenied') });
    expect(error?.hint).toContain(
      "`oidc.vercel.com/acme:sub` = 'owner:acme:project:shop:environment:production'",
    );
    expect(error?.hint).toContain("`oidc.vercel.com/acme:aud` = 'https://vercel.com/acme'");
    expect(error?.hint).toContain('with regard to case');
    expect(error?.hint).toContain('`StringEquals` never matches a `*`');
  });

  it('knows the global issuer mode', async () => {
    const claims = { iss: 'https://oidc.vercel.com' };
    const [denied] = await caught({ status: 403, body: errorXml('AccessDenied') }, claims);
    expect(denied?.hint).toContain('`oidc.vercel.com:sub`');
    const [unknown] = await caught(
      { status: 400, body: errorXml('InvalidIdentityToken', NO_PROVIDER) },
      claims,
    );
    expect(unknown?.hint).toContain('global issuer mode');
  });

  it('states no issuer mode of a project by a token that was exchanged for another audience', async () => {
    const claims = { aud: 'https://orders.acme.example', act: { sub: 'x' } };
    for (const message of [NO_PROVIDER, UNVALIDATED]) {
      const answer = { status: 400, body: errorXml('InvalidIdentityToken', message) };
      const [own] = await caught(answer);
      expect(own?.hint).toContain('The project is in team issuer mode');
      const [exchanged] = await caught(answer, claims);
      expect(exchanged?.hint).toContain("the team issuer, whatever the project's issuer mode");
      expect(exchanged?.hint).not.toContain('is in team issuer mode');
      expect(exchanged?.presented?.exchanged).toBe(true);
    }
  });

  it('of an audience that is not listed says what another audience does to the issuer of a global token', async () => {
    const answer = { status: 400, body: errorXml('InvalidIdentityToken', 'Incorrect token audience') };
    const [ofTeam] = await caught(answer);
    expect(ofTeam?.hint).not.toContain('team issuer');
    const [ofGlobal] = await caught(answer, { iss: 'https://oidc.vercel.com' });
    expect(ofGlobal?.hint).toContain('has the team issuer (https://oidc.vercel.com/{team})');
  });

  it('shows no claim that is not printable, and repeats nothing of the server', async () => {
    const claims = {
      iss: 'https://evil\u001b[31m',
      sub: 'a\nb',
      aud: ['x\u0000', 'https://vercel.com/acme'],
    };
    const [error] = await caught({ status: 403, body: errorXml('AccessDenied', 'SERVERTEXT') }, claims);
    expect(error?.hint).toMatch(/^[\x20-\x7e]+$/);
    expect(error?.hint).not.toContain('SERVERTEXT');
    expect(error?.hint).toContain("'x\\x00' or 'https://vercel.com/acme'");
  });
});
