/** One bucket for each provider and host of a cache: an outage costs a bounded number of retries. */

import type { CredentialCache } from './cache.js';

const FULL = 500;
const TRANSIENT_COST = 14;
const THROTTLED_COST = 5;
const MAX_BUCKETS = 256;

/** Takes the price of one retry; `undefined` where the bucket can't pay it. */
export function takeRetry(cache: CredentialCache, bucket: string, throttled: boolean): number | undefined {
  const { budgets } = cache.state;
  const cost = throttled ? THROTTLED_COST : TRANSIENT_COST;
  const left = budgets.get(bucket) ?? FULL;
  if (left < cost) return undefined;
  if (budgets.size >= MAX_BUCKETS && !budgets.has(bucket)) budgets.clear();
  budgets.set(bucket, left - cost);
  return cost;
}

/** A success pays back what its retries took, and a little where it needed none. */
export function refill(cache: CredentialCache, bucket: string, paid: number): void {
  const { budgets } = cache.state;
  const left = budgets.get(bucket);
  if (left !== undefined) budgets.set(bucket, Math.min(FULL, left + Math.max(paid, 1)));
}
