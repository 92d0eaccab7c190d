/** The command to type, for each fault. One line, for a POSIX shell; nothing in it is run by credex. */

import type { SubjectClaims } from '@credex/core';
import type { AwsEntry, AzureEntry, Entry, GcpEntry } from '@credex/config';
import { shellWord } from '../setup/quote.js';
import type { Case } from './case.js';
import type { StepId } from './fault.js';

export interface FaultText {
  readonly step: StepId;
  readonly code: string;
  readonly host?: string | undefined;
  readonly line?: number | undefined;
}

const PULL = 'vercel env pull';
const CLOCK = 'sudo timedatectl set-ntp true';

export function remedyFor(fault: FaultText, the: Case): string {
  const host = fault.host === undefined ? undefined : quoted(fault.host);
  const network = networkRemedy(fault.code, host ?? hostOf(fault.step, the));
  if (network !== undefined) return network;
  const { entry, token, found } = the;
  switch (fault.step) {
    case 'configuration':
      return configurationRemedy(fault, the);
    case 'token':
      return fault.code === 'no_subject_token' ? `vercel link && ${PULL}` : PULL;
    case 'claims':
      return fault.code === 'wrong_environment' || fault.code === 'subject_mismatch'
        ? 'npx credex whoami'
        : PULL;
    case 'issuer':
      return `curl -sS ${quoted(`${token?.claims.iss ?? ''}/.well-known/openid-configuration`)}`;
    case 'signature':
      return PULL;
    case 'cloud':
      return `curl -sS -o /dev/null -w '%{http_code}\\n' https://${host ?? 'HOST'}/`;
    case 'exchange':
    case 'use':
      return entry === undefined
        ? 'npx credex whoami'
        : atCloud(entry, (token ?? found?.token)?.claims ?? {}, fault.code);
  }
}

/** Whom a step asks, where its fault doesn't say. */
function hostOf(step: StepId, { token, found, endpoints }: Case): string {
  const isOfCloud = step === 'cloud' || step === 'exchange' || step === 'use';
  const iss = isOfCloud ? undefined : (token ?? found?.token)?.claims.iss;
  const own = iss !== undefined && URL.canParse(iss) ? new URL(iss) : endpoints?.[0];
  return quoted(own?.hostname ?? 'HOST');
}

function networkRemedy(code: string, place: string): string | undefined {
  switch (code) {
    case 'dns_failed':
      return `nslookup ${place}`;
    case 'connection_failed':
    case 'http_failed':
    case 'tls_failed':
    case 'network':
    case 'timeout':
      return `curl -sSv -o /dev/null https://${place}/`;
    case 'proxy_invalid':
    case 'proxy_failed':
    case 'proxy_refused':
    case 'proxy_unreachable':
      return "env | grep -i '_proxy='";
    case 'tls_untrusted':
      return 'export NODE_EXTRA_CA_CERTS=/path/to/your-ca.pem';
    case 'clock_skew':
    case 'not_yet_valid':
    case 'subject_token_not_yet_valid':
      return CLOCK;
    default:
      return undefined;
  }
}

const EXAMPLE =
  '{"credentials":{"store":{"provider":"aws","roleArn":"arn:aws:iam::123456789012:role/NAME","region":"eu-west-1"}}}';

function configurationRemedy({ code, line }: FaultText, { io, options }: Case): string {
  if (code === 'missing_package') return 'npm install credex @credex/aws @credex/gcp @credex/azure';
  if (io.env['CREDEX_CONFIG']) return 'printenv CREDEX_CONFIG';
  const editor = '${EDITOR:-vi}';
  // Only JSON is placed, and only what is found is: by the name that was given, or the usual one.
  if (line !== undefined) return `${editor} +${line} ${quoted(options.config ?? 'credex.config.json')}`;
  if (code === 'no_configuration') return `echo ${quoted(EXAMPLE)} > credex.config.json`;
  return `${editor} ${options.config === undefined ? 'credex.config.*' : quoted(options.config)}`;
}

function atCloud(entry: Entry, claims: SubjectClaims, code: string): string {
  switch (entry.provider) {
    case 'aws':
      return atAws(entry, claims, code);
    case 'gcp':
      return atGoogle(entry, claims, code);
    case 'azure':
      return atAzure(entry, claims, code);
  }
}

function atAws({ roleArn, region }: AwsEntry, claims: SubjectClaims, code: string): string {
  const [, partition = 'aws', , , account = ''] = roleArn.split(':');
  const role = quoted(roleArn.split('/').at(-1) ?? '');
  const provider = quoted(`arn:${partition}:iam::${account}:oidc-provider/${issuerHost(claims)}`);
  const client = quoted(audience(claims));
  const addAudience = `aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn ${provider} --client-id ${client}`;
  const createProvider = `aws iam create-open-id-connect-provider --url ${quoted(claims.iss ?? '')} --client-id-list ${client}`;
  switch (code) {
    case 'audience_mismatch':
      return addAudience;
    case 'issuer_mismatch':
      return createProvider;
    case 'token_rejected':
      // The signature was found good before, and AWS does not say which of the two is missing: the first fails without a provider.
      return `${addAudience} || ${createProvider}`;
    case 'region_disabled':
      return `aws account enable-region --region-name ${quoted(region ?? 'REGION')}`;
    case 'invalid_request':
      return `aws iam get-role --role-name ${role} --query Role.MaxSessionDuration`;
    default:
      return `aws iam get-role --role-name ${role} > role.json && npx credex explain aws --policy role.json`;
  }
}

function atGoogle(entry: GcpEntry, claims: SubjectClaims, code: string): string {
  const { projectNumber, workloadIdentityPoolId: pool, workloadIdentityPoolProviderId: provider } = entry;
  const of = `--workload-identity-pool=${quoted(pool)} --location=global --project=${quoted(projectNumber)}`;
  const email = entry.serviceAccountEmail;
  switch (code) {
    case 'target_not_found':
      return `gcloud iam workload-identity-pools providers list ${of}`;
    case 'audience_mismatch':
      return `gcloud iam workload-identity-pools providers update-oidc ${quoted(provider)} ${of} --allowed-audiences=${quoted(audience(claims))}`;
    case 'issuer_mismatch':
      return `gcloud iam workload-identity-pools providers update-oidc ${quoted(provider)} ${of} --issuer-uri=${quoted(claims.iss ?? '')}`;
    case 'access_denied': {
      const member = `principal://iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/${pool}/subject/${claims.sub ?? ''}`;
      if (email !== undefined)
        return `gcloud iam service-accounts add-iam-policy-binding ${quoted(email)} --role=roles/iam.workloadIdentityUser --member=${quoted(member)}`;
      break;
    }
  }
  return `gcloud iam workload-identity-pools providers describe ${quoted(provider)} ${of} --format=json > provider.json && npx credex explain gcp --policy provider.json`;
}

function atAzure({ clientId, tenantId }: AzureEntry, claims: SubjectClaims, code: string): string {
  const id = quoted(clientId);
  switch (code) {
    case 'target_not_found':
      return `az ad app show --id ${id} --query '{app: appId, name: displayName}' || az account show --query tenantId # ${tenantId}`;
    // The signature was found good before: an application without any credential refuses every token.
    case 'token_rejected':
    case 'subject_not_allowed': {
      const parameters = {
        name: `vercel-${claims.environment ?? ''}`,
        issuer: claims.iss,
        subject: claims.sub,
        audiences: [audience(claims)],
      };
      return `az ad app federated-credential create --id ${id} --parameters ${quoted(JSON.stringify(parameters))}`;
    }
    default:
      return `az ad app federated-credential list --id ${id} > trust.json && npx credex explain azure --policy trust.json`;
  }
}

const issuerHost = ({ iss = '' }: SubjectClaims): string => iss.replace(/^https:\/\//, '');
const audience = ({ aud = '' }: SubjectClaims): string => [aud].flat()[0] ?? '';

/** Claims are chosen by whoever made the token: what no shell should see is not shown. */
function quoted(text: string): string {
  try {
    return shellWord(text);
  } catch {
    return 'VALUE';
  }
}
