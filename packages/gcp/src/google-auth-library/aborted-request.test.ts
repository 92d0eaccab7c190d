/** An exchange that is aborted while the SDK prepares the request ends no process. */

import { gaxios } from 'google-auth-library';
import { expect, test } from 'vitest';
import { contextOf, optionsFor, startGoogle } from '../gcp.fixture.js';
import { gcpConfiguration } from '../options.js';
import { googleAuthLibraryExchanger } from '../google-auth-library.js';

test('an abort before the request is sent is an error of the call alone', async () => {
  const google = await startGoogle();
  const controller = new AbortController();
  // Aborts as late as it can be before the SDK hands the request to its HTTP client.
  const transporter = {
    request(options: gaxios.GaxiosOptions): Promise<unknown> {
      const client = new gaxios.Gaxios();
      client.interceptors.request.add({
        resolved(prepared) {
          controller.abort(new Error('The time is over.'));
          return Promise.resolve(prepared);
        },
      });
      return client.request(options);
    },
  };
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', note);
  try {
    const configuration = gcpConfiguration(optionsFor(google, {}));
    const exchanger = googleAuthLibraryExchanger({ transporter })(configuration);
    const context = { ...contextOf(), signal: controller.signal };
    const within = {
      ...context,
      step: (_host: string, run: (signal: AbortSignal) => Promise<never>) => run(controller.signal),
    };
    await expect(exchanger.exchange({ scopes: configuration.scopes }, within as never)).rejects.toThrow(
      /abort/i,
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(uncaught).toEqual([]);
    expect(google.seen).toEqual([]);
  } finally {
    process.removeListener('uncaughtException', note);
    for (const listener of others) process.on('uncaughtException', listener);
    await google.close();
  }
});
