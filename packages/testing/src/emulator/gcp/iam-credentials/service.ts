/** `iamcredentials.googleapis.com`: short-lived credentials of a service account, for one who may act as it. */
import { decodedPart } from '../../request-content.js';
import type { Service, ServiceAnswer, ServiceRequest } from '../../service.js';
import { judgeBearer, type GcpParts } from '../access-tokens.js';
import { iamCredentialsFault, answering, invalidArgument, noSuchPath, type Notes } from '../google-errors.js';
import { generateAccessToken, generateIdToken, signBlob, signJwt, type MethodCall } from './signatures.js';
import { assertMay, callerOf, findServiceAccount, throughDelegates } from './access.js';
import { principalName } from '../principal.js';
import { publishedKeys } from '../published-keys.js';

type Method = (call: MethodCall) => ServiceAnswer | Promise<ServiceAnswer>;

const METHODS: Readonly<Record<string, Method>> = { generateAccessToken, generateIdToken, signBlob, signJwt };

export function createIamCredentialsService(parts: GcpParts): Service {
  return {
    name: 'gcp-iam-credentials',
    handle: (request) => {
      const notes: Notes = {};
      return answering(
        notes,
        async () => (await publishedKeys(request, parts)) ?? handle(request, parts, notes),
      );
    },
    faultAnswer: iamCredentialsFault,
  };
}

function handle(
  request: ServiceRequest,
  parts: GcpParts,
  notes: Notes,
): ServiceAnswer | Promise<ServiceAnswer> {
  const path = /^\/v1\/projects\/([^/]+)\/serviceAccounts\/([^/]+)(?::|%3A)(\w+)$/i.exec(request.path);
  const [, project = '', encodedId = '', name = ''] = path ?? [];
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (request.method !== 'POST' || method === undefined) throw noSuchPath(request.path);
  const rpcName = name.charAt(0).toUpperCase() + name.slice(1);
  notes['action'] = rpcName;
  const id = decodedPart(encodedId);
  if (id === undefined) throw invalidArgument();
  notes['target'] = id;
  const { principal } = callerOf(judgeBearer(request, parts), rpcName);
  notes['principal'] = principalName(principal);
  // "The - wildcard character is required; replacing it with a project ID is invalid."
  if (project !== '-') throw invalidArgument();
  return method({
    request,
    now: parts.runtime.clock.now(),
    tokens: parts.tokens,
    keys: parts.keys,
    notes,
    authorized: (permission, delegates = []) => {
      const { directory } = parts;
      const account = findServiceAccount(directory, id);
      assertMay(directory, account, throughDelegates(directory, principal, delegates), permission);
      return account;
    },
  });
}
