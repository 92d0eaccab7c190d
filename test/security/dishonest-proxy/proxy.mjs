// A proxy that answers CONNECT itself: what it says instead of opening a tunnel, and forged responses to say it with.
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer as createTlsServer } from 'node:tls';
import { createServer } from 'node:net';

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const soon = Math.floor(Date.now() / 1000) + 3_600;

/** A token of the attacker's own, for any audience. */
export function forgedToken(claims) {
  const input = `${base64url({ alg: 'RS256', kid: 'attacker', typ: 'JWT' })}.${base64url({
    iss: 'https://oidc.vercel.com/acme',
    sub: 'owner:acme:project:shop:environment:production',
    owner: 'acme',
    owner_id: 'team_acme',
    project: 'shop',
    project_id: 'prj_shop',
    environment: 'production',
    nbf: soon - 3_700,
    iat: soon - 3_700,
    exp: soon,
    ...claims,
  })}`;
  return `${input}.${sign('sha256', Buffer.from(input), keys.privateKey).toString('base64url')}`;
}

const expiration = new Date(soon * 1000).toISOString();
const STS = `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><AssumedRoleUser>
<Arn>arn:aws:sts::123456789012:assumed-role/shop-production/credex</Arn><AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser>
<Credentials><AccessKeyId>ASIAATTACKER</AccessKeyId><SecretAccessKey>k</SecretAccessKey><SessionToken>forged</SessionToken>
<Expiration>${expiration}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
const jwk = { ...keys.publicKey.export({ format: 'jwk' }), kid: 'attacker', alg: 'RS256', use: 'sig' };

/** What each host is made to say. */
function forged(host) {
  if (host.startsWith('sts.eu-west-1.')) return STS;
  if (host === 'sts.googleapis.com' || host === 'login.microsoftonline.com')
    return JSON.stringify({
      access_token: 'ya29.forged',
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: 3599,
    });
  if (host.endsWith('.actions.githubusercontent.com'))
    return JSON.stringify({ value: forgedToken({ aud: 'sts.amazonaws.com' }) });
  if (host === 'api.vercel.com')
    return JSON.stringify({ token: forgedToken({ environment: 'development', user_id: 'u' }) });
  // Vercel's issuer: the audience exchange reads the one member, the verifier the other.
  return JSON.stringify({
    token: forgedToken({ aud: 'https://api.example.com' }),
    expiry: soon,
    keys: [jwk],
  });
}

const response = (status, body, more = '') =>
  `HTTP/1.1 ${status} Fine\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`;
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const TUNNEL = 'HTTP/1.1 200 Connection Established\r\n\r\n';

/** `sent` may have parts; each is one TCP segment. */
export const BEHAVIOURS = {
  '100 Continue and a response in one segment': (body) => [CONTINUE + response(200, body)],
  '100 Continue, then a response': (body) => [CONTINUE, response(200, body)],
  'a bare 201': (body) => [response(201, body)],
  'a bare 206': (body) => [response(206, body)],
  '101 Switching Protocols and a response': (body) => [
    `HTTP/1.1 101 Switching Protocols\r\nupgrade: tls\r\nconnection: upgrade\r\n\r\n${response(200, body)}`,
  ],
  '102, 103 and a response': (body) => [
    `HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${response(200, body)}`,
  ],
  '502, then a response': (body) => [response(502, 'no') + response(200, body)],
  '200 with the response as its body': (body) => [response(200, body)],
  '200 and the response in clear behind it': (body) => [TUNNEL + response(200, body)],
  '200, then the response in clear': (body) => [TUNNEL, response(200, body)],
  '307 to the host of an attacker': (body) => [
    response(307, body, 'location: https://attacker.example/\r\n'),
  ],
  '407 with a body': (body) => [response(407, body, 'proxy-authenticate: Basic\r\n')],
  'a tunnel to a server with an untrusted certificate': 'untrusted',
  'a tunnel to a server whose certificate is for another name': 'otherName',
};

/**
 * `certificates`: `untrusted`, of a CA that is not trusted, and `otherName`, of the trusted CA. `honest`: the ports that the
 * names lead to where the proxy is true.
 */
export async function startProxy(certificates, honest) {
  let behaviour = 'honest';
  /** Everything that came in clear, or that the attacker's own TLS server decrypted. */
  const received = [];
  const asked = [];
  const tls = (certificate) => (socket, host) => {
    const server = createTlsServer(certificate, (inner) =>
      inner
        .on('error', () => undefined)
        .on('data', (data) => {
          received.push(String(data));
          inner.write(response(200, forged(host)));
        }),
    ).on('tlsClientError', () => undefined);
    socket.write(TUNNEL);
    server.emit('connection', socket);
  };
  const servers = { untrusted: tls(certificates.untrusted), otherName: tls(certificates.otherName) };
  const sockets = new Set();
  const proxy = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.once('data', (data) => {
      const [, host = '', port = ''] = /^CONNECT ([^ :]+):(\d+) /.exec(String(data)) ?? [];
      asked.push(`${host}:${port}`);
      if (behaviour === 'honest') {
        void tunnel(socket, honest[host]);
        return;
      }
      const how = BEHAVIOURS[behaviour];
      if (typeof how === 'string') return servers[how](socket, host);
      socket.on('data', (more) => received.push(String(more)));
      const [first, ...rest] = how(forged(host));
      socket.write(first, () =>
        setImmediate(() => (rest.length === 0 ? socket.end() : socket.end(rest.join('')))),
      );
    });
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${proxy.address().port}`,
    received,
    asked,
    behave: (name) => void (behaviour = name),
    close() {
      proxy.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function tunnel(socket, port) {
  const { connect } = await import('node:net');
  const there = connect(port, '127.0.0.1', () => {
    socket.write(TUNNEL);
    there.pipe(socket).pipe(there);
  });
  there.on('error', () => socket.destroy());
}
