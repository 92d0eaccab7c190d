/** An answer of STS that is no credential, as it came over HTTP, and what it says. */

import type { HttpAnswer } from '@credex/core/driver';
import { retryAfterMs } from '@credex/core/driver';
import { isJson } from './sts-body.js';

/**
 * Thrown by an exchanger that has the answer in hand. The answer is hidden from `util.inspect` and JSON: it may
 * repeat what was sent.
 */
export class RefusedAnswer extends Error {
  override readonly name = 'RefusedAnswer';
  declare readonly answer: HttpAnswer;

  constructor(answer: HttpAnswer) {
    super(`STS answered with HTTP status ${answer.status}.`);
    Object.defineProperty(this, 'answer', { value: answer });
  }
}

export interface StsFault {
  readonly status: number | undefined;
  /** Without the suffix `Exception`; `undefined` where the answer names none. */
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly retryAfterMs: number | undefined;
}

/**
 * What a failed answer says: `<ErrorResponse><Error>…`, or a bare `<Error>…` as some implementations send, or
 * `{"Error":…}` where something on the way asked for JSON.
 */
export function faultOf({ status, headers, body }: HttpAnswer): StsFault {
  const error = isJson(body) ? jsonError(body) : xmlError(body);
  return {
    status,
    code: withoutSuffix(error.code),
    message: error.message,
    retryAfterMs: retryAfterMs(headers),
  };
}

type Said = Pick<StsFault, 'code' | 'message'>;

function xmlError(body: string): Said {
  const error = between(body.slice(0, 65_536), '<Error>', '</Error>');
  return {
    code: element(error, 'Code'),
    message: element(error, 'Message') ?? element(error, 'message'),
  };
}

function jsonError(body: string): Said {
  try {
    const { Error: error } = JSON.parse(body) as { readonly Error?: Readonly<Record<string, unknown>> };
    const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
    return { code: text(error?.['Code']), message: text(error?.['Message']) };
  } catch {
    // What says nothing is judged by its status.
    return { code: undefined, message: undefined };
  }
}

/** By position: a pattern would look for the end once for each beginning, of which a hostile answer has thousands. */
function between(text: string, opening: string, closing: string): string | undefined {
  const from = text.indexOf(opening);
  const to = from === -1 ? -1 : text.indexOf(closing, from);
  return to === -1 ? undefined : text.slice(from + opening.length, to);
}

export function withoutSuffix(code: string | undefined): string | undefined {
  return code?.replace(/Exception$/, '');
}

function element(xml: string | undefined, name: string): string | undefined {
  const found = xml === undefined ? null : new RegExp(`<${name}>([^<]{0,4096})</${name}>`).exec(xml);
  return found === null ? undefined : unescaped(found[1] as string);
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replaceAll(/&(lt|gt|amp|quot|apos|#\d{1,7}|#x[\dA-Fa-f]{1,6});/g, (entity, name: string) => {
    const named = ENTITIES[name];
    if (named !== undefined) return named;
    const point = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return point <= 0x10ffff ? String.fromCodePoint(point) : entity;
  });
}
