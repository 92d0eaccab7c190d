import type { KeyObject } from 'node:crypto';
import { createIssuerService } from './issuer-service.js';
import { createKeyRing } from './key-ring.js';
import { signJwt, tampered, vercelClaims } from './mint.js';
import type { MintOptions } from './mint.js';
import type { EmulatorClock, Service, TokenVerdict, TrustedTokens } from '../service.js';
import { verifyToken } from './verify-token.js';

/** Vercel's issuer, from within. */
export interface Issuer {
  /** The `iss` of its tokens: `https://oidc.vercel.com/acme`, or the global `https://oidc.vercel.com`. */
  url(which: { readonly mode: 'team'; readonly team: string } | { readonly mode: 'global' }): string;
  /**
   * Signs a subject token as Vercel would, or with something wrong about it.
   *
   * @throws OptionError where a name or an id is missing.
   */
  mint(options: MintOptions): Promise<string>;
  /**
   * Signs with another key from now on: one that the JWKS has published all along. The last one stays
   * published, so that tokens in flight hold; `drop` takes it and all before it away. Takes 100 to 300 ms.
   */
  rotate(options?: { readonly drop?: boolean | undefined }): void;
  /** `false`: its endpoints answer 503, and no cloud can fetch its keys. */
  setReachable(reachable: boolean): void;
  /**
   * Another platform's issuer, such as `https://token.actions.githubusercontent.com`: the clouds take tokens of this
   * `iss` (`mint({ …, claims: { iss } })`) as they take Vercel's. The keys are the same; it has no endpoints.
   */
  addIssuer(url: string): void;
}

export interface IssuerParts {
  readonly issuer: Issuer;
  readonly service: Service;
  /** What `EmulatorRuntime.verifySubjectToken` does. */
  verify(jwt: string, trusted: TrustedTokens): Promise<TokenVerdict>;
}

export async function createIssuer(
  origin: string,
  signingKeys: readonly KeyObject[],
  clock: EmulatorClock,
): Promise<IssuerParts> {
  const ring = await createKeyRing(signingKeys);
  let reachable = true;
  const others = new Set<string>();
  const isOurs = (issuerUrl: string) =>
    issuerUrl === origin || issuerUrl.startsWith(`${origin}/`) || others.has(issuerUrl);
  return {
    service: createIssuerService(origin, ring, clock, () => reachable),
    verify: (jwt, trusted) =>
      verifyToken(
        jwt,
        trusted,
        reachable && isOurs(trusted.issuerUrl) ? ring.published : undefined,
        clock.now(),
      ),
    issuer: {
      url: (which) => (which.mode === 'global' ? origin : `${origin}/${which.team}`),
      mint: async (options) => {
        const claims = vercelClaims(options, origin, clock.now());
        const key =
          options.signWith === 'unpublished'
            ? await ring.unpublished()
            : ring.forAlgorithm(options.header?.['alg']);
        const jwt = await signJwt(claims, key, options.header);
        return options.tamper === true ? tampered(jwt) : jwt;
      },
      rotate: ({ drop = false } = {}) => ring.rotate(drop),
      setReachable: (value) => {
        reachable = value;
      },
      addIssuer: (url) => void others.add(url),
    },
  };
}
