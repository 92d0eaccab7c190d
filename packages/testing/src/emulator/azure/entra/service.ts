/** The service 'entra': Microsoft's login endpoint, as far as a workload needs it. */
import { decodedPart } from '../../request-content.js';
import type {
  EmulatorRuntime,
  FaultAnswerKind,
  Service,
  ServiceAnswer,
  ServiceRequest,
} from '../../service.js';
import { EntraRefusal } from './refusal.js';
import { instanceDiscovery, openidConfiguration, tenantOf } from './metadata.js';
import { isGuid, newGuid } from '../guid.js';
import { answerTokenRequest, type Entra } from './token-endpoint.js';

export function createEntraService(entra: Entra): Service {
  return {
    name: 'entra',
    async handle(request) {
      const notes: Record<string, string> = {};
      try {
        const body = await route(entra, request, notes);
        const envelope = envelopeOf(entra.runtime, request);
        if (body === undefined) return { status: 404, headers: envelope.headers, body: '' };
        return json(envelope, 200, body, notes);
      } catch (error) {
        if (!(error instanceof EntraRefusal)) throw error;
        return refused(entra.runtime, request, error, notes);
      }
    },
    faultAnswer: (kind, request, status) => faultAnswer(entra.runtime, request, kind, status),
  };
}

async function route(entra: Entra, request: ServiceRequest, notes: Record<string, string>): Promise<unknown> {
  const [, segment = '', ...rest] = request.path.split('/').map((part) => decodedPart(part) ?? part);
  switch (rest.join('/')) {
    case 'oauth2/v2.0/token': {
      const answer = await answerTokenRequest(entra, request, segment, notes);
      notes['verdict'] = 'issued';
      return answer;
    }
    case 'v2.0/.well-known/openid-configuration':
      return openidConfiguration(entra.directory, request, segment);
    case 'discovery/v2.0/keys': {
      if (segment !== 'common') tenantOf(entra.directory, segment, 'discovery');
      return { keys: await entra.authority.publicKeys() };
    }
    case 'discovery/instance':
      return instanceDiscovery(request);
    default:
      return undefined;
  }
}

/** The ids of one answer, and the headers that every answer has. */
interface Envelope {
  readonly trace: string;
  /** The caller's `client-request-id`, where it is a GUID. */
  readonly correlation: string;
  readonly headers: Readonly<Record<string, string>>;
}

function envelopeOf(runtime: EmulatorRuntime, request: ServiceRequest): Envelope {
  const given = request.headers['client-request-id'] ?? request.query.get('client-request-id') ?? '';
  const trace = newGuid(runtime);
  const correlation = isGuid(given) ? given : newGuid(runtime);
  const isWanted = request.headers['return-client-request-id'] === 'true';
  const headers = {
    'cache-control': 'no-store, no-cache',
    pragma: 'no-cache',
    expires: '-1',
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    'x-content-type-options': 'nosniff',
    'x-ms-request-id': trace,
    ...(isWanted ? { 'client-request-id': correlation } : {}),
  };
  return { trace, correlation, headers };
}

const json = (
  { headers }: Envelope,
  status: number,
  body: unknown,
  log: Readonly<Record<string, string>>,
): ServiceAnswer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(body),
  log,
});

function refused(
  runtime: EmulatorRuntime,
  request: ServiceRequest,
  refusal: EntraRefusal,
  notes: Readonly<Record<string, string>>,
): ServiceAnswer {
  const envelope = envelopeOf(runtime, request);
  const { trace, correlation } = envelope;
  const timestamp = `${new Date(runtime.clock.now()).toISOString().slice(0, 19).replace('T', ' ')}Z`;
  const body = {
    error: refusal.error,
    error_description: `AADSTS${String(refusal.code)}: ${refusal.message} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
    error_codes: [refusal.code],
    timestamp,
    trace_id: trace,
    correlation_id: correlation,
    error_uri: `https://login.microsoftonline.com/error?code=${String(refusal.code)}`,
  };
  const log = { ...notes, verdict: `AADSTS${String(refusal.code)}` };
  return json(envelope, refusal.status, body, log);
}

/**
 * 429 is plain text with Retry-After (microsoft-authentication-library-for-dotnet#2855); 503 is AADSTS90033
 * (Azure/azure-sdk-for-python#14241); 500 is AADSTS90036 (azure-activedirectory-library-for-python#18).
 */
function faultAnswer(
  runtime: EmulatorRuntime,
  request: ServiceRequest,
  kind: FaultAnswerKind,
  status: number | undefined,
): ServiceAnswer {
  if (kind === 'throttle' || status === 429) {
    const headers = {
      ...envelopeOf(runtime, request).headers,
      'content-type': 'text/plain',
      'retry-after': '60',
    };
    return { status: 429, headers, body: 'Too Many Requests', log: { verdict: 'throttled' } };
  }
  return refused(runtime, request, new EntraRefusal(status ?? 503, ...faultWords(status ?? 503)), {});
}

function faultWords(status: number): readonly [error: string, code: number, sentence: string] {
  if (status === 500) return ['server_error', 90036, 'Directory Proxy Client encountered an internal error.'];
  if (status > 500)
    return ['temporarily_unavailable', 90033, 'A transient error has occurred. Please try again.'];
  const error = status === 401 ? 'invalid_client' : 'invalid_request';
  return [error, 9002313, 'Invalid request. Request is malformed or invalid.'];
}
