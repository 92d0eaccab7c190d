// Preloaded into a process: the names of the outside, port 443, lead to the emulator, and nothing leads anywhere else.
// Names, TLS and certificates stay as they would be outside; only the address is another.
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';

/** `[pattern, port]` of the emulator's TLS listeners. */
const places = JSON.parse(process.env['EMULATED_NAMES'] ?? '[]').map(([pattern, port]) => [
  new RegExp(pattern),
  port,
]);

/** A further server, `127.0.0.1:1234`, which is reached at its own address. */
const [host, port] = (process.env['EMULATED_ADDRESS'] ?? '').split(':');

const { connect } = Socket.prototype;

Socket.prototype.connect = function (...args) {
  // Node hands its own arguments on as a list, and that is all that comes here from https, tls and fetch.
  const [options, ...rest] = Array.isArray(args[0]) ? args[0] : args;
  if (options.host === host && String(options.port) === port) return connect.apply(this, args);
  const found = places.find(([pattern]) => pattern.test(options.host));
  if (found === undefined || Number(options.port) !== 443) {
    throw new Error(`${options.host}:${options.port} is no name of the emulator's.`);
  }
  return connect.call(this, { ...options, host: '127.0.0.1', port: found[1] }, ...rest);
};

// Who asks DNS itself, before a connection, is told of the same names and no other.
dns.promises.lookup = async (name) => {
  if (name === host || places.some(([pattern]) => pattern.test(name)))
    return { address: '127.0.0.1', family: 4 };
  throw Object.assign(new Error(`${name} is no name of the emulator's.`), { code: 'ENOTFOUND' });
};
syncBuiltinESMExports();
