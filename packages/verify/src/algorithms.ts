/** The signature algorithms that may be allowed (RFC 7518, section 3.1; RFC 8037; RFC 9864), and their key types. */

export interface SignatureAlgorithm {
  readonly kty: 'RSA' | 'EC' | 'OKP';
  readonly crv?: string | undefined;
  /** The parameters of WebCrypto's `verify`. The hash of an RSA key is set when the key is imported. */
  readonly parameters: Readonly<RsaPssParams> | Readonly<EcdsaParams> | { readonly name: string };
}

const pkcs1: SignatureAlgorithm = { kty: 'RSA', parameters: { name: 'RSASSA-PKCS1-v1_5' } };
/** The salt is as long as the hash (RFC 7518, section 3.5). */
const pss = (saltLength: number): SignatureAlgorithm => ({
  kty: 'RSA',
  parameters: { name: 'RSA-PSS', saltLength },
});
const ecdsa = (crv: string, bits: number): SignatureAlgorithm => ({
  kty: 'EC',
  crv,
  parameters: { name: 'ECDSA', hash: `SHA-${bits}` },
});
const ed25519: SignatureAlgorithm = { kty: 'OKP', crv: 'Ed25519', parameters: { name: 'Ed25519' } };

const KNOWN: ReadonlyMap<string, SignatureAlgorithm> = new Map([
  ['RS256', pkcs1],
  ['RS384', pkcs1],
  ['RS512', pkcs1],
  ['PS256', pss(32)],
  ['PS384', pss(48)],
  ['PS512', pss(64)],
  ['ES256', ecdsa('P-256', 256)],
  ['ES384', ecdsa('P-384', 384)],
  ['ES512', ecdsa('P-521', 512)],
  ['Ed25519', ed25519],
  ['EdDSA', ed25519],
]);

/** Asymmetric algorithms only. */
export const ALGORITHMS: readonly string[] = [...KNOWN.keys()];

export function isAlgorithm(alg: string): boolean {
  return KNOWN.has(alg);
}

export function signatureAlgorithm(alg: string): SignatureAlgorithm | undefined {
  return KNOWN.get(alg);
}
