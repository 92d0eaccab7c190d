/** Reading JSON of unknown shape: own members only, so that `__proto__` and the like are ordinary members. */

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const member = (object: JsonObject, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined;

export function text(object: JsonObject, name: string): string | undefined {
  const value = member(object, name);
  return typeof value === 'string' ? value : undefined;
}

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

export const textsOf = (value: unknown): readonly string[] =>
  listOf(value).filter((one): one is string => typeof one === 'string');

/** JSON of a CEL value, where integers are bigints; one that JSON cannot hold becomes a text. */
export const jsonOf = (value: unknown): string | undefined =>
  JSON.stringify(value, (_, one: unknown) => {
    if (typeof one !== 'bigint') return one;
    return Number.isSafeInteger(Number(one)) ? Number(one) : String(one);
  });
