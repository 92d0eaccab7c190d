import type { Invocation } from '@credex/core/driver';
import { environmentVariable, memberOf } from '@credex/core/driver';
import { requestContext } from './request-context.js';

/**
 * The current invocation on Vercel: its deadline, and `waitUntil`, which keeps the instance awake. It reads the same
 * context as `getDeadline` and `waitUntil` of `@vercel/functions`.
 */
export function vercelInvocation(): Invocation | undefined {
  const context = requestContext();
  // A function instance is frozen between requests; a build or a laptop is not.
  const freezes = environmentVariable('AWS_LAMBDA_FUNCTION_NAME') !== undefined;
  if (context === undefined)
    return freezes ? { deadline: undefined, waitUntil: undefined, freezes } : undefined;
  const waitUntil = memberOf(context, 'waitUntil')?.bind(context);
  return { deadline: epochMilliseconds(memberOf(context, 'deadline')), waitUntil, freezes };
}

/** A number, a Date or a date text: the platform has returned each of them. */
function epochMilliseconds(deadline: unknown): number | undefined {
  const value =
    typeof deadline === 'object'
      ? (deadline as Partial<Date> | null)?.getTime?.()
      : typeof deadline === 'string'
        ? Date.parse(deadline)
        : deadline;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
