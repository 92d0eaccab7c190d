// `npm run bench:verify`: what it costs to verify a token. Ours, what people use today, and node:crypto,
// which is the least that a signature can cost. A new token is one that was never seen; a known one comes back, as a
// Vercel token does for up to 90 minutes. Arguments: the number of
// rounds (101) and of tokens (3000: more than ours and fast-jwt remember, so that each is forgotten when it comes again).
import http from 'node:http';
import https from 'node:https';
import { createPublicKey, verify as verifySignature } from 'node:crypto';
import { createTokenVerifier } from '@credex/verify';
import { startEmulator } from '@credex/testing/emulator';
import { verifyVercelOidcToken } from '@vercel/oidc';
import { JwtVerifier } from 'aws-jwt-verify';
import { createVerifier } from 'fast-jwt';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { AUDIENCE, TEAM } from '../demo/names.mjs';
import { nanosecondsOf } from './interleaved.mjs';

const [rounds = '101', count = '3000'] = process.argv.slice(2);
const TOKENS = Number(count);

const emulator = await startEmulator();
const origin = 'https://oidc.vercel.com';
// The keys of oidc.vercel.com, for those who name no other place: by fetch, and by node:https.
const elsewhere = (url) => String(url).replace(origin, emulator.url('issuer'));
const { fetch: originalFetch } = globalThis;
globalThis.fetch = (input, init) => originalFetch(elsewhere(input), init);
https.get = (url, { timeout, headers }) => http.get(elsewhere(url), { timeout, headers });

const minted = (jti) =>
  emulator.issuer.mint({ ...TEAM, environment: 'production', issuerMode: 'global', claims: { jti } });
const tokens = [];
for (let at = 0; at < TOKENS; at += 1) tokens.push(await minted(String(at)));
let next = 0;
/** A new string each time, as a request's header is. */
const fresh = () => Buffer.from(tokens[next++ % TOKENS]).toString();
const known = await minted('known');
const again = () => Buffer.from(known).toString();

const allow = [{ projectId: TEAM.projectId, environment: 'production' }];
// Ours fetches keys over its own connections, unless it is given a fetch.
const options = { issuer: origin, audience: AUDIENCE, allow, fetch: globalThis.fetch };
const verifier = createTokenVerifier(options);
const forgetful = createTokenVerifier({ ...options, memoSize: 0 });
const keys = createRemoteJWKSet(new URL(`${origin}/.well-known/jwks`));
const joseOptions = { issuer: origin, audience: AUDIENCE, algorithms: ['RS256'] };

const { keys: jwks } = await (await fetch(`${origin}/.well-known/jwks`)).json();
const publicKey = createPublicKey({ key: jwks[0], format: 'jwk' });
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const aws = JwtVerifier.create({ issuer: origin, audience: AUDIENCE, jwksUri: `${origin}/.well-known/jwks` });
aws.cacheJwks({ keys: jwks });
const fastOptions = { key: pem, algorithms: ['RS256'], allowedIss: origin, allowedAud: AUDIENCE };
const fast = createVerifier({ ...fastOptions, cache: true });

const signature = (token) => {
  const end = token.lastIndexOf('.');
  const good = verifySignature(
    'RSA-SHA256',
    Buffer.from(token.slice(0, end)),
    publicKey,
    Buffer.from(token.slice(end + 1), 'base64url'),
  );
  if (!good) throw new Error('The signature is not good.');
};
const vercel = { projectId: TEAM.projectId, environment: 'production', issuer: origin, audience: AUDIENCE };

const ns = await nanosecondsOf(
  {
    'node:crypto, the signature alone': () => signature(fresh()),
    '@credex/verify, a new token': () => verifier.verify(fresh()),
    '@credex/verify, a new token, nothing remembered': () => forgetful.verify(fresh()),
    'jose, jwtVerify': () => jwtVerify(fresh(), keys, joseOptions),
    '@vercel/oidc, verifyVercelOidcToken': () => verifyVercelOidcToken(fresh(), vercel),
    'aws-jwt-verify': () => aws.verify(fresh()),
    '@credex/verify, a known token': () => verifier.verify(again()),
    'fast-jwt with its cache, a known token': () => fast(again()),
  },
  Number(rounds),
);
await emulator.close();

const bare = ns['jose, jwtVerify'];
console.log(`Medians of ${rounds} rounds, interleaved.\n`);
console.log('| | µs | of jose |');
console.log('| --- | ---: | ---: |');
for (const [name, value] of Object.entries(ns))
  console.log(`| ${name} | ${(value / 1_000).toFixed(1)} | × ${(value / bare).toFixed(2)} |`);
