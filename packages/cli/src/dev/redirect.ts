/**
 * Sends the requests of a Node program for a cloud's hosts to the emulator, without a change of the program: a module that
 * Node loads first (NODE_OPTIONS) connects to the emulator instead. TLS, certificate and host name stay those of the cloud,
 * verified with the emulator's authority. No option of credex is involved, because no environment variable may decide where
 * a token is sent.
 */

import type { EmulatorSeed, ServiceName } from '@credex/testing/emulator';
import { CLOUDS } from '../clouds/registry.js';
import type { CloudDev } from '../clouds/cloud.js';

/** A pattern of host names in lower case, and the port of the emulator that stands for them. */
export type Route = readonly [pattern: string, port: number];

/** The clouds that a seed has something of. */
export async function cloudsOf(seed: EmulatorSeed): Promise<readonly CloudDev<never>[]> {
  const found: CloudDev<never>[] = [];
  for (const [name, load] of Object.entries(CLOUDS)) {
    const lists = Object.values((seed as Readonly<Record<string, object | undefined>>)[name] ?? {});
    const { dev } = await load();
    if (dev !== undefined && lists.some((list) => Array.isArray(list) && list.length > 0)) found.push(dev);
  }
  return found;
}

/** @param port the TLS port of a service */
export function routesTo(
  clouds: readonly CloudDev<never>[],
  port: (service: ServiceName) => number,
): readonly Route[] {
  const hosts: readonly (readonly [string, string])[] = [
    // Tokens of another audience come from the issuer.
    ['issuer', String.raw`oidc\.vercel\.com`],
    ...clouds.flatMap((cloud) => Object.entries(cloud.hosts)),
  ];
  return hosts.map(([service, pattern]) => [pattern, port(service as ServiceName)]);
}

/** The text of a CommonJS module, for `node --require`. */
export const redirectModule = (routes: readonly Route[], host: string): string =>
  `'use strict';\n(${String(redirect)})(require('node:net').Socket.prototype, ${JSON.stringify(routes)}, ${JSON.stringify(host)});\n`;

interface Connecting {
  connect(...given: unknown[]): unknown;
}
interface Target {
  readonly host?: unknown;
  readonly port?: unknown;
  readonly path?: unknown;
}

/** Printed into the module: it must not refer to anything outside. */
export function redirect(sockets: Connecting, routes: readonly Route[], host: string): void {
  const patterns = routes.map(([pattern, port]) => [new RegExp(`^(?:${pattern})$`), port] as const);
  const connect = sockets.connect;
  sockets.connect = function redirected(this: unknown, ...given: unknown[]) {
    // `net.connect` passes its arguments as one list.
    const list = (Array.isArray(given[0]) ? given[0] : given) as unknown[];
    const [first, second] = list;
    const target = (
      typeof first === 'object' && first !== null ? first : { port: first, host: second }
    ) as Target;
    const name = typeof target.host === 'string' ? target.host.toLowerCase().replace(/\.$/, '') : '';
    const route =
      Number(target.port) === 443 && !target.path ? patterns.find(([one]) => one.test(name)) : undefined;
    if (route === undefined) return connect.apply(this, given);
    const done = list.find((one) => typeof one === 'function');
    // A copy: TLS compares the certificate with the host of the original.
    const options = { ...target, host, port: route[1], lookup: undefined };
    return done === undefined ? connect.call(this, options) : connect.call(this, options, done);
  };
}
