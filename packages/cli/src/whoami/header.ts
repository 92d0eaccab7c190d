import type { SubjectToken } from '@credex/core';

/** The JOSE header; undefined where it is no JSON object. */
export function headerOf({ jwt }: SubjectToken): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(
      Buffer.from(jwt.split('.', 1)[0] as string, 'base64url').toString('utf8'),
    );
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
