/** What must not be shown: the tokens that were sent, and what the clouds sent back. */

import { ServerResponse } from 'node:http';
import { vi } from 'vitest';

/** As many characters in a row give away a part of a secret. */
const RUN = 24;

export class Secrets {
  readonly #runs = new Set<string>();
  readonly #short = new Set<string>();

  /** Every 24 characters in a row of it; all of it where it is shorter. */
  add(secret: string): this {
    if (secret.length < RUN) this.#short.add(secret);
    for (let at = 0; at + RUN <= secret.length; at += 1) this.#runs.add(secret.slice(at, at + RUN));
    return this;
  }

  /** A token's payload and signature; its header is the same for all tokens of a key. */
  addJwt(jwt: string): this {
    for (const part of jwt.split('.').slice(1)) if (part !== '') this.add(part);
    return this;
  }

  /** Credentials in an answer of one of the clouds. */
  addAnswer(body: string): this {
    const json = body.matchAll(/"(?:access_token|accessToken|token)"\s*:\s*"([^"]+)"/g);
    const xml = body.matchAll(/<(?:SecretAccessKey|SessionToken|AccessKeyId)>([^<]+)</g);
    for (const [, secret] of [...json, ...xml]) {
      if ((secret as string).startsWith('eyJ')) this.addJwt(secret as string);
      else this.add(secret as string);
    }
    return this;
  }

  get size(): number {
    return this.#runs.size + this.#short.size;
  }

  /** The first run that the text gives away. */
  foundIn(text: string): string | undefined {
    for (const secret of this.#short) if (text.includes(secret)) return secret;
    // What no secret is made of parts a text into pieces; few of them are long enough.
    for (const [piece] of text.matchAll(/[\w+/=.-]{24,}/g)) {
      for (let at = 0; at + RUN <= piece.length; at += 1) {
        const run = piece.slice(at, at + RUN);
        if (this.#runs.has(run)) return run;
      }
    }
    return undefined;
  }
}

/** Whatever servers of this process send from now on, until what is returned is called. */
export function watchAnswers(secrets: Secrets): () => void {
  const spies = [vi.spyOn(ServerResponse.prototype, 'end'), vi.spyOn(ServerResponse.prototype, 'write')];
  return () => {
    for (const spy of spies) {
      for (const [chunk] of spy.mock.calls as readonly (readonly unknown[])[])
        if (typeof chunk === 'string' || chunk instanceof Uint8Array)
          secrets.addAnswer(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
      spy.mockRestore();
    }
  };
}
