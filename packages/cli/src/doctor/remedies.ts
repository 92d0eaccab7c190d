/** The command to type for each fault: one line for a POSIX shell. credex runs none of it. */

import { CLOUDS } from '../clouds/registry.js';
import type { DoctorContext } from './context.js';
import type { StepId } from './fault.js';
import { printable } from './printable.js';

export interface FaultText {
  readonly step: StepId;
  readonly code: string;
  readonly host?: string | undefined;
  readonly line?: number | undefined;
}

const PULL = 'vercel env pull';

export function remedyFor(fault: FaultText, context: DoctorContext): string {
  const host = fault.host === undefined ? undefined : printable(fault.host);
  const network = NETWORK_REMEDIES.get(fault.code)?.(host ?? hostOf(fault.step, context));
  if (network !== undefined) return network;
  const { entry, cloud, token, found } = context;
  switch (fault.step) {
    case 'configuration':
      return configurationRemedy(fault, context);
    case 'token':
      return fault.code === 'no_subject_token' ? `vercel link && ${PULL}` : PULL;
    case 'claims':
      return fault.code === 'wrong_environment' || fault.code === 'subject_mismatch'
        ? 'npx credex whoami'
        : PULL;
    case 'issuer':
      return `curl -sS ${printable(`${token?.claims.iss ?? ''}/.well-known/openid-configuration`)}`;
    case 'signature':
      return PULL;
    case 'cloud':
      return `curl -sS -o /dev/null -w '%{http_code}\\n' https://${host ?? 'HOST'}/`;
    case 'exchange':
    case 'use':
      return entry === undefined || cloud === undefined
        ? 'npx credex whoami'
        : cloud.doctor.remedy(entry, (token ?? found?.token)?.claims ?? {}, fault.code, context.name ?? '');
    case 'store':
      return `node ${printable(context.options.store ?? 'store.mjs')}`;
  }
}

/** The host that a step calls, for faults that do not name it. */
function hostOf(step: StepId, { token, found, endpoints }: DoctorContext): string {
  const isOfCloud = step === 'cloud' || step === 'exchange' || step === 'use';
  const iss = isOfCloud ? undefined : (token ?? found?.token)?.claims.iss;
  const own = iss !== undefined && URL.canParse(iss) ? new URL(iss) : endpoints?.[0];
  return printable(own?.hostname ?? 'HOST');
}

const SHOW_PROXY = (): string => "env | grep -i '_proxy='";
const CONNECT = (place: string): string => `curl -sSv -o /dev/null https://${place}/`;
const SET_CLOCK = (): string => 'sudo timedatectl set-ntp true';

/** By the code of a fault, whatever the step. */
const NETWORK_REMEDIES = new Map<string, (place: string) => string>(
  Object.entries({
    dns_failed: (place) => `nslookup ${place}`,
    connection_failed: CONNECT,
    http_failed: CONNECT,
    tls_failed: CONNECT,
    network: CONNECT,
    timeout: CONNECT,
    proxy_invalid: SHOW_PROXY,
    proxy_failed: SHOW_PROXY,
    proxy_refused: SHOW_PROXY,
    proxy_unreachable: SHOW_PROXY,
    tls_untrusted: () => 'export NODE_EXTRA_CA_CERTS=/path/to/your-ca.pem',
    clock_skew: SET_CLOCK,
    not_yet_valid: SET_CLOCK,
    subject_token_not_yet_valid: SET_CLOCK,
  }),
);

function configurationRemedy({ code, line }: FaultText, { io, options }: DoctorContext): string {
  if (code === 'missing_package')
    return ['npm install credex', ...Object.keys(CLOUDS).map((name) => `@credex/${name}`)].join(' ');
  if (io.env['CREDEX_CONFIG']) return 'printenv CREDEX_CONFIG';
  const editor = '${EDITOR:-vi}';
  // Only problems in JSON have a line. The file is the one that was given, or the default.
  if (line !== undefined) return `${editor} +${line} ${printable(options.config ?? 'credex.config.json')}`;
  if (code === 'no_configuration') return 'npx credex init';
  return `${editor} ${options.config === undefined ? 'credex.config.*' : printable(options.config)}`;
}
