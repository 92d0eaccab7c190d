/** What a socket, a resolver, TLS or `fetch` threw while a token was requested: no response came. */

import type { ErrorClass } from '@credex/core/driver';
import { transportFailure } from '@credex/core/driver';

const CERTIFICATE_HINT =
  'The TLS certificate was not accepted. Behind a proxy with its own authority, set NODE_EXTRA_CA_CERTS to its certificate.';

/** What is not of the network, such as a defect of a given `fetch`, is `unknown` and not retried. */
export function classifyTransport(error: unknown): ErrorClass {
  const failure = transportFailure(error);
  if (failure === undefined) return { code: 'unknown', retry: 'never' };
  return {
    code: failure.code,
    retry: 'now',
    hint: failure.reason === 'certificate' ? CERTIFICATE_HINT : undefined,
  };
}
