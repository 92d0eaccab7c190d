/** The signature algorithms that may be allowed (RFC 7518, section 3.1; RFC 8037; RFC 9864), and the keys they take. */

export interface KeyKind {
  readonly kty: 'RSA' | 'EC' | 'OKP';
  readonly crv?: string | undefined;
}

const KINDS: ReadonlyMap<string, KeyKind> = new Map<string, KeyKind>([
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((alg) => [alg, { kty: 'RSA' }] as const),
  ['ES256', { kty: 'EC', crv: 'P-256' }],
  ['ES384', { kty: 'EC', crv: 'P-384' }],
  ['ES512', { kty: 'EC', crv: 'P-521' }],
  ['Ed25519', { kty: 'OKP', crv: 'Ed25519' }],
  ['EdDSA', { kty: 'OKP', crv: 'Ed25519' }],
]);

/** Asymmetric ones alone. */
export const ALGORITHMS: readonly string[] = [...KINDS.keys()];

export function isAlgorithm(alg: string): boolean {
  return KINDS.has(alg);
}

/** The kind of key that the algorithm takes. */
export function keyKindOf(alg: string): KeyKind | undefined {
  return KINDS.get(alg);
}
