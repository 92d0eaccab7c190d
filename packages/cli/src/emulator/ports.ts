/** `--port aws-sts=9001`, `--port aws-sts+tls=9002`, `--port tokens=9000`. */

import type { EmulatorOptions } from '@credex/testing/emulator';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

export const SERVICES = [
  'issuer',
  'aws-sts',
  'aws-s3',
  'gcp-sts',
  'gcp-iam-credentials',
  'gcp-storage',
  'entra',
  'azure-blob',
  'vercel-api',
] as const;

export interface Ports {
  readonly emulator: NonNullable<EmulatorOptions['ports']>;
  /** The port of the server that issues tokens. Default: chosen by the system. */
  readonly tokens: number | undefined;
}

/** @throws UsageError */
export function portsOf(given: readonly string[]): Ports {
  const known = new Set<string>(['tokens', ...SERVICES.flatMap((name) => [name, `${name}+tls`])]);
  const found = new Map<string, number>();
  for (const text of given) {
    const [, name = '', digits = ''] = /^([a-z0-9+-]+)=(\d{1,5})$/.exec(text) ?? [];
    const port = Number(digits);
    if (!known.has(name) || port < 1 || port > 65_535)
      throw wrong(`--port must be SERVICE=NUMBER, with a number from 1 to 65535, not ${shown(text)}.`);
    if (found.has(name)) throw wrong(`--port sets ${name} twice.`);
    found.set(name, port);
  }
  const { tokens, ...emulator } = Object.fromEntries(found);
  return { tokens, emulator };
}

function wrong(message: string): UsageError {
  return new UsageError('invalid_argument', message, {
    option: '--port',
    hint: `The services are tokens, ${SERVICES.join(', ')}. Add +tls to a name for its TLS listener.`,
  });
}
