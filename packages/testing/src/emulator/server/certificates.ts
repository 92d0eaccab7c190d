import { KeyObject, webcrypto } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { SecureContext, TlsOptions } from 'node:tls';
import { realNow } from '../runtime.js';

export interface ServerCertificate {
  readonly key: string;
  readonly cert: string;
}

export interface CertificateAuthority {
  /** The CA's certificate, PEM. */
  readonly ca: string;
  /** Good for `localhost` and loopback addresses, PEM. */
  readonly server: ServerCertificate;
  /** For a TLS server: a certificate for loopback, and by SNI one for whatever name a client asks for. */
  readonly serverOptions: TlsOptions;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY = 24 * 60 * 60 * 1000;
/** More names than a test uses; a context is about 50 KiB. */
const MAX_NAMES = 256;

const PROVIDER = webcrypto as unknown as Crypto;

/** It injects dependencies through Reflect metadata, which must be there before it loads. */
async function x509Library(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

const validity = () => ({ notBefore: new Date(realNow() - DAY), notAfter: new Date(realNow() + 30 * DAY) });

/** The certificate of an RSA key for signatures, PEM. Good for 30 days by the machine's clock. */
export async function selfSignedCertificate(keys: CryptoKeyPair): Promise<string> {
  const { X509CertificateGenerator } = await x509Library();
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      ...validity(),
      name: 'CN=credex emulator',
      signingAlgorithm: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
      keys,
    },
    PROVIDER,
  );
  return certificate.toString('pem');
}

/** Makes a CA whose key never leaves the process. Good for 30 days by the machine's clock. */
export async function createCertificateAuthority(): Promise<CertificateAuthority> {
  const x509 = await x509Library();
  const { subtle } = webcrypto;
  const newKeys = async () =>
    (await subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as CryptoKeyPair;

  const caKeys = await newKeys();
  const authority = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...validity(),
      name: 'CN=credex emulator CA',
      signingAlgorithm: ALGORITHM,
      keys: caKeys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey, false, PROVIDER),
      ],
    },
    PROVIDER,
  );

  // One key for all names: they are all this process.
  const serverKeys = await newKeys();
  const key = KeyObject.from(serverKeys.privateKey as webcrypto.CryptoKey).export({
    type: 'pkcs8',
    format: 'pem',
  });
  const certificateFor = async (name: string) => {
    const certificate = await x509.X509CertificateGenerator.create(
      {
        ...validity(),
        subject: 'CN=credex emulator',
        issuer: authority.subject,
        signingAlgorithm: ALGORITHM,
        publicKey: serverKeys.publicKey,
        signingKey: caKeys.privateKey,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension([
            { type: 'dns', value: name },
            ...(name === 'localhost' ? [] : [{ type: 'dns' as const, value: 'localhost' }]),
            { type: 'ip', value: '127.0.0.1' },
            { type: 'ip', value: '::1' },
          ]),
          await x509.AuthorityKeyIdentifierExtension.create(authority, false, PROVIDER),
        ],
      },
      PROVIDER,
    );
    return certificate.toString('pem');
  };

  const contexts = new Map<string, Promise<SecureContext>>();
  const contextFor = (name: string): Promise<SecureContext> => {
    const made =
      contexts.get(name) ?? certificateFor(name).then((cert) => createSecureContext({ key, cert }));
    contexts.set(name, made);
    const [oldest] = contexts.keys();
    if (contexts.size > MAX_NAMES && oldest !== undefined) contexts.delete(oldest);
    return made;
  };
  const server = { key: key.toString(), cert: await certificateFor('localhost') };
  return {
    ca: authority.toString('pem'),
    server,
    serverOptions: {
      ...server,
      SNICallback: (name, done) => {
        contextFor(name.toLowerCase()).then(
          (context) => done(null, context),
          (error: Error) => done(error),
        );
      },
    },
  };
}
