/**
 * A Kafka broker on loopback, as far as a login and the list of topics go: ApiVersions 0 to 3, SaslHandshake 1, SaslAuthenticate 1
 * and 2, Metadata 6 and 12, over TLS. SASL/OAUTHBEARER is that of KIP-255 (RFC 7628), re-authentication that of KIP-368, and the
 * token is judged as Amazon MSK judges it.
 *
 * Guessed, because Amazon's broker is not public: that it refuses a token in the two steps of Apache Kafka's
 * `OAuthBearerSaslServer`, and that a session lasts as long as its token or as `connections.max.reauth.ms`, whichever ends first.
 *
 * @see https://kafka.apache.org/protocol
 */

import type { Emulator } from '@credex/testing/emulator';
import type { TLSSocket } from 'node:tls';
import type { LoopbackServer } from './loopback-server.js';
import { demand, messages, startLoopbackServer } from './loopback-server.js';
import type { Encoding } from './kafka-wire.js';
import { CLASSIC, FLEXIBLE, Reader, boolean, int16, int32, int64 } from './kafka-wire.js';

/** By key: the oldest and the newest version, and the first flexible one. */
const METADATA = 3;
const SASL_HANDSHAKE = 17;
const API_VERSIONS = 18;
const SASL_AUTHENTICATE = 36;
const APIS: ReadonlyMap<number, readonly [oldest: number, newest: number, flexible: number]> = new Map([
  [METADATA, [6, 12, 9]],
  [SASL_HANDSHAKE, [1, 1, Infinity]],
  [API_VERSIONS, [0, 3, 3]],
  [SASL_AUTHENTICATE, [1, 2, 2]],
]);
const AUTHENTICATION_FAILED = 58;
const UNSUPPORTED_MECHANISM = 33;
const UNSUPPORTED_VERSION = 35;

export interface KafkaLogin {
  readonly accepted: boolean;
  /** Why it was refused. */
  readonly reason?: string;
  /** Whether the connection had logged in before. */
  readonly isRepeated: boolean;
  /** What the client is told; 0 for a refused login. */
  readonly lifetimeMs: number;
}

export interface KafkaBroker extends LoopbackServer {
  /** All logins so far, the oldest first. */
  logins(): readonly KafkaLogin[];
}

export interface KafkaBrokerOptions {
  readonly emulator: Emulator;
  readonly region: string;
  readonly topics: readonly string[];
  /** The broker's `connections.max.reauth.ms`. Default: a session lasts as long as its token. */
  readonly maxReauthMs?: number;
}

interface Request {
  readonly key: number;
  readonly version: number;
  readonly correlationId: Buffer;
  readonly body: Reader;
  readonly encoding: Encoding;
}

function requestOf(message: Buffer): Request {
  const body = new Reader(message.subarray(4));
  const key = body.int16();
  const version = body.int16();
  const correlationId = body.take(4);
  body.text();
  const api = APIS.get(key);
  demand(api !== undefined, `There is no API ${key} here.`);
  const isFlexible = version >= api[2];
  if (isFlexible) body.tags();
  return { key, version, correlationId, body, encoding: isFlexible ? FLEXIBLE : CLASSIC };
}

/** The body with its length and its header, which stays without tags for ApiVersions. */
function framed({ key, correlationId, encoding }: Request, ...parts: readonly Buffer[]): Buffer {
  const header = key === API_VERSIONS ? correlationId : Buffer.concat([correlationId, encoding.tags]);
  const body = Buffer.concat([header, ...parts, encoding.tags]);
  return Buffer.concat([int32(body.length), body]);
}

function apiVersions(request: Request): Buffer {
  if (request.version === 3) {
    request.body.compactText();
    request.body.compactText();
    request.body.tags();
  }
  request.body.end();
  // To a version that it does not know, a broker answers in version 0.
  const isKnown = request.version <= 3;
  const encoding = isKnown ? request.encoding : CLASSIC;
  const ranges = [...APIS].map(([key, [oldest, newest]]) =>
    Buffer.concat([int16(key), int16(oldest), int16(newest), encoding.tags]),
  );
  const throttle = isKnown && request.version > 0 ? [int32(0)] : [];
  const code = int16(isKnown ? 0 : UNSUPPORTED_VERSION);
  return framed({ ...request, encoding }, code, encoding.array(ranges), ...throttle);
}

function metadata(request: Request, port: number, topics: readonly string[]): Buffer {
  const { version, encoding } = request;
  demand(version === 6 || version === 12, `Metadata ${version} is not spoken here.`);
  const { text, array, tags } = encoding;
  const isFlexible = version === 12;
  const one = [int32(1)];
  const partition = Buffer.concat([
    int16(0),
    int32(0),
    int32(1),
    ...(isFlexible ? [int32(0)] : []),
    array(one),
    array(one),
    array([]),
    tags,
  ]);
  const listed = topics.map((topic) =>
    Buffer.concat([
      int16(0),
      text(topic),
      ...(isFlexible ? [Buffer.alloc(16)] : []),
      boolean(false),
      array([partition]),
      ...(isFlexible ? [int32(-(2 ** 31))] : []),
      tags,
    ]),
  );
  const broker = Buffer.concat([int32(1), text('127.0.0.1'), int32(port), text(null), tags]);
  return framed(request, int32(0), array([broker]), text('shop'), int32(1), array(listed));
}

/** One connection's place in KIP-368's state machine. */
interface Session {
  state: 'new' | 'handshaken' | 'refused' | 'authenticated';
  caller?: string;
  /** Epoch milliseconds, by the emulator's clock. */
  endsAt: number;
}

/** RFC 7628, section 3.1: no user, no other pair than `auth`. */
function tokenOf(sent: string): string {
  const [start, end] = ['n,,\u0001auth=Bearer ', '\u0001\u0001'];
  const token = sent.slice(start.length, -end.length);
  const isWhole = sent === `${start}${token}${end}` && token !== '' && !token.includes('\u0001');
  demand(isWhole, 'The client response is not that of RFC 7628, without user and extensions.');
  return token;
}

export async function startKafkaBroker(options: KafkaBrokerOptions): Promise<KafkaBroker> {
  const { emulator, region, topics, maxReauthMs = Infinity } = options;
  const logins: KafkaLogin[] = [];

  async function authenticate(request: Request, session: Session): Promise<Buffer> {
    const { encoding, version } = request;
    const sent = request.body.bytes(version >= 2);
    if (version >= 2) request.body.tags();
    request.body.end();
    const respond = (code: number, why: string | null, bytes: string, lifetimeMs = 0): Buffer =>
      framed(request, int16(code), encoding.text(why), encoding.bytes(Buffer.from(bytes)), int64(lifetimeMs));
    if (session.state === 'refused') {
      demand(sent.equals(Buffer.from([1])), 'After a refusal the client sends one byte 1.');
      return respond(AUTHENTICATION_FAILED, 'Authentication failed: the token is not valid.', '');
    }
    const isRepeated = session.caller !== undefined;
    const token = tokenOf(sent.toString('latin1'));
    const verdict = await emulator.aws.verifyDatabaseToken(token, { service: 'kafka-cluster', region });
    const reason = !verdict.ok
      ? `${verdict.fault}: ${verdict.message}`
      : isRepeated && verdict.caller !== session.caller
        ? 'the caller is not the one of the first login'
        : undefined;
    if (!verdict.ok || reason !== undefined) {
      logins.push({
        accepted: false,
        isRepeated,
        lifetimeMs: 0,
        ...(reason === undefined ? {} : { reason }),
      });
      session.state = 'refused';
      return respond(0, null, '{"status":"invalid_token"}');
    }
    const now = emulator.clock.now();
    const lifetimeMs = Math.floor(Math.min(verdict.expiresAt - now, maxReauthMs));
    Object.assign(session, { state: 'authenticated', caller: verdict.caller, endsAt: now + lifetimeMs });
    logins.push({ accepted: true, isRepeated, lifetimeMs });
    return respond(0, null, '', lifetimeMs);
  }

  function handshake(request: Request, session: Session): Buffer {
    const mechanism = request.body.text();
    request.body.end();
    const isKnown = mechanism === 'OAUTHBEARER';
    if (isKnown) session.state = 'handshaken';
    const code = isKnown ? 0 : UNSUPPORTED_MECHANISM;
    return framed(request, int16(code), CLASSIC.array([CLASSIC.text('OAUTHBEARER')]));
  }

  async function respond(request: Request, session: Session): Promise<Buffer> {
    const { key } = request;
    const isBetween = session.state === 'handshaken' || session.state === 'refused';
    if (key === SASL_AUTHENTICATE) {
      demand(isBetween, 'SaslAuthenticate without SaslHandshake.');
      return authenticate(request, session);
    }
    demand(!isBetween, `API ${key} during a login.`);
    if (key === SASL_HANDSHAKE) return handshake(request, session);
    if (key === API_VERSIONS && session.state === 'new') return apiVersions(request);
    demand(session.state === 'authenticated', `API ${key} without a login.`);
    demand(emulator.clock.now() < session.endsAt, `API ${key} after the end of the session.`);
    return key === API_VERSIONS ? apiVersions(request) : metadata(request, server.port, topics);
  }

  async function serve(socket: TLSSocket): Promise<void> {
    const session: Session = { state: 'new', endsAt: 0 };
    const lengthOf = (bytes: Buffer) => (bytes.length < 4 ? undefined : 4 + bytes.readInt32BE());
    for await (const message of messages(socket, lengthOf))
      socket.write(await respond(requestOf(message), session));
  }

  const server = await startLoopbackServer(emulator.serverCertificate, serve);
  return { ...server, logins: () => [...logins] };
}
