/** What an answer of STS says that brings no credential. */

import type { HttpResponse } from '@credex/core/internal';
import { parseJson, retryAfterMs } from '@credex/core/internal';
import { isJson } from './sts-body.js';
import { characterOf } from './sts-xml.js';

export interface StsFault {
  readonly status: number;
  /** Without the suffix `Exception`; `undefined` where the answer names none. */
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly retryAfterMs: number | undefined;
}

/**
 * What a failed answer says: `<ErrorResponse><Error>…`, or a bare `<Error>…` as some implementations send, or
 * `{"Error":…}` where something on the way asked for JSON.
 */
export function faultOf({ status, headers, body }: HttpResponse): StsFault {
  const error = isJson(body) ? jsonError(body) : xmlError(body);
  return {
    status,
    code: error.code?.replace(/Exception$/, ''),
    message: error.message,
    retryAfterMs: retryAfterMs(headers),
  };
}

type Said = Pick<StsFault, 'code' | 'message'>;

function xmlError(body: string): Said {
  const text = body.slice(0, 65_536);
  const begin = text.search(/<Error[\s>]/);
  const error = begin === -1 ? '' : text.slice(begin);
  return {
    code: element(error, 'Code'),
    message: element(error, 'Message') ?? element(error, 'message'),
  };
}

function jsonError(body: string): Said {
  try {
    const { Error: error } = parseJson(body) as { readonly Error?: Readonly<Record<string, unknown>> };
    const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
    return { code: text(error?.['Code']), message: text(error?.['Message']) };
  } catch {
    // What says nothing is judged by its status.
    return { code: undefined, message: undefined };
  }
}

function element(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]{0,4096})</${name}>`).exec(xml)?.[1];
  // What is no reference stays as it is: an error is read for what it is worth.
  return found?.replaceAll(/&([#\w]{2,8});/g, (entity, name: string) => characterOf(name) ?? entity);
}
