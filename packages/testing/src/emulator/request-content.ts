/** What several services read of a request in the same way. Each has its own words for what cannot be read. */
import type { ServiceRequest } from './service.js';

/** The fields of a body whose content type is that of a form. */
export function formOf({ headers, body }: ServiceRequest): URLSearchParams | undefined {
  const isForm = mediaTypeOf(headers) === 'application/x-www-form-urlencoded';
  return isForm ? new URLSearchParams(new TextDecoder().decode(body)) : undefined;
}

/** The content type without its parameters, in lower case. */
export const mediaTypeOf = (headers: ServiceRequest['headers']): string | undefined =>
  headers['content-type']?.split(';')[0]?.trim().toLowerCase();

export const isJsonObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Undefined for a text that is not a JSON object. */
export function jsonObject(json: string | Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(typeof json === 'string' ? json : new TextDecoder().decode(json));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** RFC 3986, section 2.3: only unreserved characters are written as they are, and hex digits are capital letters. */
export const encodedPart = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** Undefined for a part of a path whose percent encoding is broken. */
export function decodedPart(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
