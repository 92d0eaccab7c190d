/** `:generateAccessToken`. https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken */
import { isoSeconds } from '../../runtime.js';
import type { ServiceAnswer } from '../../service.js';
import { invalidArgument, jsonAnswer } from '../google-errors.js';
import type { MethodCall } from './call.js';
import { readMessage } from '../json-request.js';
import { CLOUD_PLATFORM, isKnownScope } from '../scopes.js';

const HOUR = 3600;

export function generateAccessToken(call: MethodCall): ServiceAnswer {
  const message = readMessage(call.request, { scope: 'strings', lifetime: 'string', delegates: 'strings' });
  const account = call.authorized('iam.serviceAccounts.getAccessToken', message.delegates);
  const scopes = scopesOf(message.scope ?? []);
  call.notes['scopes'] = scopes.join(' ');
  const seconds = secondsOf(message.lifetime ?? `${HOUR}s`);
  if (seconds <= 0) throw invalidArgument('Lifetime of access token must be larger then zero.');
  if (seconds > HOUR && !account.allowExtendedLifetime)
    throw invalidArgument(
      `Access tokens for service account ${account.email} can not have lifetimes of more than 1 hour. Use the Org Policy Constraint constraints/iam.allowServiceAccountCredentialLifetimeExtension to allow up to 12 hours.`,
    );
  if (seconds > 12 * HOUR)
    throw invalidArgument(
      `Access tokens for service account ${account.email} can not have lifetimes of more than 12 hours.`,
    );
  // The answer tells whole seconds: the token must not end after it says, nor before.
  const expiresAt = Math.floor(call.now / 1000 + seconds) * 1000;
  return jsonAnswer(200, {
    accessToken: call.tokens.issue({
      principal: { kind: 'service-account', email: account.email },
      scopes,
      expiresAt,
    }),
    expireTime: isoSeconds(expiresAt),
  });
}

function scopesOf(wanted: readonly string[]): readonly string[] {
  // One empty string stands for the default; an empty list stands for nothing and is refused.
  if (wanted.length === 1 && wanted[0] === '') return [CLOUD_PLATFORM];
  if (wanted.length === 0 || !wanted.every(isKnownScope)) throw invalidArgument();
  return wanted;
}

/** google.protobuf.Duration as JSON. */
function secondsOf(duration: string): number {
  if (!/^-?\d+(?:\.\d{1,9})?s$/.test(duration))
    throw invalidArgument(
      "Invalid value at 'lifetime' (type.googleapis.com/google.protobuf.Duration), Field 'lifetime', Illegal duration format; duration must end with 's'",
    );
  return Number(duration.slice(0, -1));
}
