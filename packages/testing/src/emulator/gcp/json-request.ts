/** A JSON body judged as Google's protobuf front end does: by the fields of the message, nothing else. */
import { jsonObject } from '../request-content.js';
import type { ServiceRequest } from '../service.js';
import { invalidArgument } from './google-errors.js';

type FieldType = 'string' | 'boolean' | 'strings';
type ValueOf<T extends FieldType> = T extends 'string'
  ? string
  : T extends 'boolean'
    ? boolean
    : readonly string[];
type Message<F extends Readonly<Record<string, FieldType>>> = { readonly [K in keyof F]?: ValueOf<F[K]> };

export function readMessage<const F extends Readonly<Record<string, FieldType>>>(
  { body }: ServiceRequest,
  fields: F,
): Message<F> {
  const message = body.byteLength === 0 ? {} : jsonObject(body);
  if (message === undefined) throw invalidArgument('Invalid JSON payload received. Unexpected token.');
  for (const [name, value] of Object.entries(message)) {
    const type = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (type === undefined)
      throw invalidArgument(`Invalid JSON payload received. Unknown name "${name}": Cannot find field.`);
    // protobuf's JSON mapping: null is a field that was left out (gcloud sends `delegates: null`).
    if (value === null) continue;
    if (!isOf(type, value))
      throw invalidArgument(`Invalid value at '${name}' (${type === 'strings' ? 'repeated string' : type})`);
  }
  return Object.fromEntries(Object.entries(message).filter(([, value]) => value !== null)) as Message<F>;
}

function isOf(type: FieldType, value: unknown): boolean {
  if (type === 'strings') return Array.isArray(value) && value.every((one) => typeof one === 'string');
  return typeof value === type;
}
