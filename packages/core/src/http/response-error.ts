import type { HttpResponse } from '../contract.js';
import { isError } from '../visible.js';

/** An exchanger throws it for a response without a credential. Users receive the `FederationError` that core makes of it. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError';
  /** Not enumerable, so that it is not printed: a body may repeat what was sent, or contain a token. */
  declare readonly response: HttpResponse;
  /** What is wrong with a successful response: subject "it" or the field, and a verb. `undefined` for a failed one. */
  readonly fault: string | undefined;
  /** The request, if an exchange makes several. */
  readonly step: string | undefined;

  constructor(response: HttpResponse, fault?: string, step?: string) {
    super(`The response has status ${response.status}${fault === undefined ? '' : `, but ${fault}`}.`);
    Object.defineProperty(this, 'response', { value: response });
    this.fault = fault;
    this.step = step;
  }

  /** True for a ResponseError of any copy of this package. */
  static isInstance(error: unknown): error is ResponseError {
    return isError(error) && error.name === 'ResponseError';
  }
}
