import type { Invocation } from '@credex/core/driver';
import { environmentVariable, memberOf } from '@credex/core/driver';
import { requestContext } from './request-context.js';

/**
 * What Vercel says of the invocation being served: its deadline, and how to keep the instance awake. The same
 * context that `getDeadline` and `waitUntil` of `@vercel/functions` read.
 */
export function vercelInvocation(): Invocation | undefined {
  const context = requestContext();
  // A function instance sleeps between requests; a build or a laptop does not.
  const freezes = environmentVariable('AWS_LAMBDA_FUNCTION_NAME') !== undefined;
  if (context === undefined)
    return freezes ? { deadline: undefined, waitUntil: undefined, freezes } : undefined;
  const waitUntil = memberOf(context, 'waitUntil')?.bind(context);
  return { deadline: epochMilliseconds(memberOf(context, 'deadline')), waitUntil, freezes };
}

/** A number, a Date, or text of either: what the platform has been seen to give. */
function epochMilliseconds(deadline: unknown): number | undefined {
  const value =
    typeof deadline === 'object'
      ? (deadline as Partial<Date> | null)?.getTime?.()
      : typeof deadline === 'string'
        ? Date.parse(deadline)
        : deadline;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
