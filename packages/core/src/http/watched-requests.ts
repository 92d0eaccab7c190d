/** The rule of `secure-socket` for requests that another library makes by `node:https`. */

import type { AsyncLocalStorage } from 'node:async_hooks';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { GuardSocket } from './secure-socket.js';

interface Watch {
  refusal: Error | undefined;
}

/**
 * Watches the requests that are made while `run` runs, with an agent of the library's own or of the user's: an untrusted socket ends the request, and this rejects whatever the library makes of it. A library that
 * uses fetch is not watched: fetch opens a tunnel only on status 200, and verifies certificates itself.
 */
export async function watchRequests<T>(run: () => Promise<T>, guard: GuardSocket): Promise<T> {
  const watch: Watch = { refusal: undefined };
  let result: T;
  try {
    result = await watching(guard).run(watch, run);
  } catch (error) {
    throw watch.refusal ?? error;
  }
  if (watch.refusal !== undefined) throw watch.refusal;
  return result;
}

let watches: AsyncLocalStorage<Watch> | undefined;

/** One subscription for the process. For a request that is not watched it only reads one variable. */
function watching(guard: GuardSocket): AsyncLocalStorage<Watch> {
  if (watches !== undefined) return watches;
  const { AsyncLocalStorage } = process.getBuiltinModule('node:async_hooks');
  const { subscribe } = process.getBuiltinModule('node:diagnostics_channel');
  const current = new AsyncLocalStorage<Watch>();
  const refuser = (request: ClientRequest): ((error: Error) => void) | undefined => {
    const watch = request.protocol === 'https:' ? current.getStore() : undefined;
    if (watch === undefined) return undefined;
    return (error) => {
      watch.refusal ??= error;
      request.destroy(error);
    };
  };
  subscribe('http.client.request.start', (message) => {
    const { request } = message as { readonly request: ClientRequest };
    const refuse = refuser(request);
    if (refuse !== undefined && request.socket !== null) guard(request.socket, hostOf(request), refuse);
  });
  subscribe('http.client.response.finish', (message) => {
    const { request, response } = message as ClientExchange;
    const refuse = refuser(request);
    if (refuse !== undefined) guard(response.socket, hostOf(request), refuse);
  });
  watches = current;
  return current;
}

interface ClientExchange {
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
}

/** The host that was asked, not the one that its header names. */
const hostOf = ({ host }: ClientRequest): string => host;
