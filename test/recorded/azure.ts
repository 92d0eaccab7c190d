// Longer than 300 lines: one table, of what Entra's token endpoint answers to an application.

import type { RecordedResponse } from './recorded-response.js';

const TENANT = '11111111-2222-3333-4444-555555555555';
const CLIENT = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
const ISSUER = 'https://oidc.vercel.com/acme';
const SUBJECT = 'owner:acme:project:shop:environment:production';
const LIST = 'docs:entra/reference-error-codes';
const CHECK =
  'Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation';
/** A command to create a credential, where no credential is missing. */
const CREATE = /federated-credential create/;

const body = (number: number, error: string | undefined, sentence: string): object => ({
  ...(error === undefined ? {} : { error }),
  error_description: `AADSTS${number}: ${sentence} Trace ID: 0000aaaa-11bb-cccc-dd22-eeeeee333333 Correlation ID: aaaa0000-bb11-2222-33cc-444444dddddd Timestamp: 2026-11-22 10:00:00Z`,
  error_codes: [number],
  timestamp: '2026-11-22 10:00:00Z',
  trace_id: '0000aaaa-11bb-cccc-dd22-eeeeee333333',
  correlation_id: 'aaaa0000-bb11-2222-33cc-444444dddddd',
  error_uri: `https://login.microsoftonline.com/error?code=${number}`,
});

type Wanted = Pick<RecordedResponse, 'code' | 'retry' | 'hint' | 'retriesAtMost' | 'not' | 'emulated'>;

/** A response that a client printed. */
const recorded = (
  number: number,
  status: number,
  error: string,
  source: string,
  sentence: string,
  wanted: Wanted,
): RecordedResponse => ({
  name: `AADSTS${number}: ${sentence.slice(0, 60)}`,
  status,
  body: body(number, error, sentence),
  source,
  text: 'recorded',
  ...wanted,
});

/** A number with its meaning from Microsoft's list; the list gives neither the status nor the OAuth error. */
const documented = (number: number, meaning: string, wanted: Wanted, source = LIST): RecordedResponse => ({
  name: `AADSTS${number}: ${meaning}`,
  status: 400,
  body: body(number, undefined, meaning),
  source,
  text: 'documented',
  ...wanted,
});

const never = (code: RecordedResponse['code'], ...hint: (string | RegExp)[]): Wanted => ({
  code,
  retry: 'never',
  hint,
  not: CREATE,
});
const POLICY = never('access_denied', 'policy of tenant', TENANT);
const CONDITIONAL = never('access_denied', 'Conditional Access', CLIENT);
const CROSS_TENANT = never('access_denied', 'cross-tenant access policy');
const CONSENT = never('access_denied', 'admin-consent');
const APPLICATION = never('target_not_found', CLIENT, 'not its object id');
const WRONG_TENANT = never('target_not_found', TENANT, 'national cloud');
const RESOURCE = never('target_not_found', 'service principal in tenant');
const SCOPE = never('invalid_request', '/.default');
const SIGNATURE = never('token_rejected', 'signature', ISSUER);
const MALFORMED = never('token_rejected', 'as a JWT');
const UNKNOWN = never('invalid_request', 'look the number up');
const TRANSIENT: Wanted = { code: 'unavailable', retry: 'now', hint: [] };
const UNREACHABLE: Wanted = {
  code: 'unavailable',
  retry: 'now',
  retriesAtMost: 2,
  hint: ['could not fetch the OpenID configuration', ISSUER],
  not: CREATE,
};
const creates = (code: RecordedResponse['code'], ...hint: (string | RegExp)[]): Wanted => ({
  code,
  retry: 'never',
  hint: [...hint, CREATE],
});

export const AZURE: readonly RecordedResponse[] = [
  // No federated credential matches.
  recorded(
    70021,
    400,
    'invalid_request',
    'github:Azure/azure-workload-identity#616',
    `No matching federated identity record found for presented assertion. Assertion Issuer: '${ISSUER}'. Assertion Subject: '${SUBJECT}'. Assertion Audience: 'https://vercel.com/acme'. https://docs.microsoft.com/en-us/azure/active-directory/develop/workload-identity-federation`,
    creates('subject_not_allowed', ISSUER, SUBJECT, 'minutes'),
  ),
  recorded(
    70025,
    401,
    'invalid_client',
    'docs:login.microsoftonline.com/error?code=70025',
    `The client '${CLIENT}' has no configured federated identity credentials.`,
    {
      ...creates('subject_not_allowed', 'no federated credential', 'az identity federated-credential list'),
      emulated: 'no credential',
    },
  ),
  recorded(
    700211,
    401,
    'invalid_client',
    'github:Azure/azure-workload-identity#1200',
    `No matching federated identity record found for presented assertion issuer '${ISSUER}'. ${CHECK}`,
    { ...creates('issuer_mismatch', ISSUER, 'no slash'), emulated: 'another issuer' },
  ),
  recorded(
    700213,
    401,
    'invalid_client',
    'github:Azure/login#482',
    `No matching federated identity record found for presented assertion subject '${SUBJECT}'. ${CHECK}`,
    { ...creates('subject_not_allowed', SUBJECT), emulated: 'another subject' },
  ),
  recorded(
    7002138,
    401,
    'invalid_client',
    'github:Azure/login#515',
    `No matching federated identity record found for presented assertion subject '${SUBJECT}'. The subject matches with case-insensitive comparison, but not with case-sensitive comparison. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. See documentation at: https://learn.microsoft.com/entra/workload-id/workload-identity-federation. See breaking change notification and remediation at: https://learn.microsoft.com/en-us/entra/identity-platform/reference-breaking-changes#august-2024.`,
    { ...creates('subject_case_mismatch', SUBJECT), emulated: 'the subject in other letters' },
  ),
  documented(
    700212,
    'No matching federated identity record found for presented assertion audience.',
    { ...creates('audience_mismatch', 'api://AzureADTokenExchange') },
    'docs:azure-devops/troubleshoot-workload-identity',
  ),
  recorded(
    700222,
    400,
    'invalid_request',
    'github:MicrosoftDocs/azure-docs#90321',
    'AAD-issued tokens may not be used for federated identity flows.',
    never('issuer_mismatch', 'issued by Entra'),
  ),
  documented(
    700229,
    'ForbiddenTokenType: only app-only tokens of Entra.',
    never('issuer_mismatch', 'issued by Entra'),
  ),
  recorded(
    5002741,
    401,
    'invalid_client',
    'github:zitadel/oidc#887',
    'Number of audience values in the provided client credential exceed maximum allowed. 2 audience values provided, maximum allowed is 1.',
    { ...never('audience_mismatch', 'one audience'), emulated: 'two audiences' },
  ),

  // A policy of the tenant.
  documented(
    700223,
    'Workload identity federation is disabled.',
    POLICY,
    'docs:azure-devops/troubleshoot-workload-identity',
  ),
  documented(
    700238,
    'Workload identity federation is disabled.',
    POLICY,
    'docs:azure-devops/troubleshoot-workload-identity',
  ),
  recorded(
    7002381,
    401,
    'invalid_client',
    'docs:github-actions/azure-login run books, enterprise claim',
    "Federated identity credentials issued by 'https://token.actions.githubusercontent.com/' for applications or managed identities registered in this tenant must contain the enterprise claim with value 'microsoft', 'github' or 'microsoftopensource' but actual value is ''.",
    POLICY,
  ),
  recorded(
    53003,
    400,
    'invalid_grant',
    LIST,
    'Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.',
    CONDITIONAL,
  ),
  documented(530032, 'BlockedByConditionalAccessOnSecurityPolicy', CONDITIONAL),
  documented(530034, 'DelegatedAdminBlockedDueToSuspiciousActivity', CONDITIONAL),
  documented(530035, 'BlockedBySecurityDefaults', CONDITIONAL),
  documented(53000, 'DeviceNotCompliant', CONDITIONAL),
  documented(53001, 'DeviceNotDomainJoined', CONDITIONAL),
  documented(53002, 'ApplicationUsedIsNotAnApprovedApp', CONDITIONAL),
  documented(53011, 'User blocked due to risk on home tenant.', CONDITIONAL),
  documented(50131, 'ConditionalAccessFailed', CONDITIONAL),
  documented(50002, 'NotAllowedTenant', CROSS_TENANT),
  documented(500021, 'Access to the tenant is denied (tenant restrictions).', CROSS_TENANT),
  documented(500022, 'Access to the tenant is denied (tenant restrictions).', CROSS_TENANT),
  documented(500212, 'NotAllowedByOutboundPolicyTenant', CROSS_TENANT),
  documented(500213, 'NotAllowedByInboundPolicyTenant', CROSS_TENANT),
  documented(7000112, 'UnauthorizedClientApplicationDisabled', never('access_denied', CLIENT, 'disabled')),
  documented(
    1000031,
    "Application can't be accessed at this time.",
    never('access_denied', CLIENT, 'disabled'),
  ),
  documented(50105, 'EntitlementGrantsNotFound', never('access_denied', 'app roles')),
  documented(
    501051,
    'Application is not assigned to a role for the application.',
    never('access_denied', 'app roles'),
    'docs:login.microsoftonline.com/error?code=501051',
  ),
  documented(65001, 'DelegationDoesNotExist', CONSENT),
  documented(90008, 'TokenForItselfRequiresGraphPermission', CONSENT),
  documented(90093, 'GraphUserUnauthorized', CONSENT),
  documented(90094, 'AdminConsentRequired', CONSENT),
  documented(90099, 'The application has not been authorized in the tenant.', CONSENT),

  // Signature, key and form of the assertion.
  recorded(
    7000272,
    401,
    'invalid_client',
    'github:Azure/azure-workload-identity#1232',
    `The certificate with identifier k9 used to sign the federated credential could not be found in the metadata of identity provider ${ISSUER}. Please validate that your Identity Provider's metadata exposes the key used to sign the incoming token.`,
    { ...never('token_rejected', 'among the keys', ISSUER), emulated: 'an unpublished key' },
  ),
  documented(
    7000274,
    'ClientAssertionContainsInvalidSignature',
    SIGNATURE,
    'github:AzureAD/microsoft-identity-web CertificateReloadLogicTests',
  ),
  recorded(
    700027,
    401,
    'invalid_client',
    'github:AzureAD/passport-azure-ad#453',
    "Client assertion contains an invalid signature. [Reason - The key was not found., Thumbprint of key used by client: '0000']",
    SIGNATURE,
  ),
  documented(50006, 'InvalidSignature', SIGNATURE),
  documented(
    50012,
    'AuthenticationFailed: client assertion contains an invalid signature, among others.',
    SIGNATURE,
  ),
  documented(50013, 'InvalidAssertion', SIGNATURE),
  documented(50099, 'PKeyAuthInvalidJwtUnauthorized', SIGNATURE),
  documented(900384, 'JWT token failed signature validation.', SIGNATURE),
  recorded(
    50027,
    400,
    'invalid_request',
    'github:panva/openid-client#348',
    'JWT token is invalid or malformed.',
    {
      ...MALFORMED,
      emulated: 'no JWT',
    },
  ),
  documented(50120, 'ThresholdJwtInvalidJwtFormat', MALFORMED),
  recorded(
    5002727,
    400,
    'invalid_request',
    'github: public reports of at+jwt and IdentityServer tokens',
    "Invalid JWT header type specified. Allowed types: 'JWT','http://openid.net/specs/jwt/1.0'.",
    { ...MALFORMED, emulated: 'another header type' },
  ),
  recorded(
    5002730,
    400,
    'invalid_request',
    'github:AzureAD/microsoft-authentication-library-for-dotnet#4712',
    'Invalid JWT token. Unsupported key for the signing algorithm.',
    { ...MALFORMED, emulated: 'another algorithm' },
  ),
  recorded(
    700024,
    401,
    'invalid_client',
    'github:AzureAD/microsoft-authentication-library-for-dotnet#4951',
    'Client assertion is not within its valid time range. Current time: 2026-11-22T12:00:00.0000000Z, assertion valid from 2026-11-22T10:00:00.0000000Z, expiry time of assertion 2026-11-22T11:00:00.0000000Z. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .',
    {
      code: 'subject_token_expired',
      retry: 'fresh-subject',
      hint: ['vercel env pull'],
      emulated: 'an expired assertion',
    },
  ),
  recorded(
    700024,
    401,
    'invalid_client',
    'github:Azure/azure-workload-identity#693',
    'Client assertion is not within its valid time range: Current time: 2026-11-22T09:00:00.0000000Z, assertion valid from 2026-11-22T10:00:00.0000000Z, expiry time of assertion 2026-11-22T11:00:00.0000000Z.',
    never('subject_token_not_yet_valid', 'nbf'),
  ),
  documented(500133, "Assertion isn't within its valid time range.", {
    code: 'subject_token_expired',
    retry: 'fresh-subject',
    hint: ['vercel env pull'],
  }),

  // Application, tenant, resource, scope.
  recorded(
    700016,
    400,
    'unauthorized_client',
    'github:Azure/azure-sdk-for-python#8314',
    `Application with identifier '${CLIENT}' was not found in the directory '${TENANT}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
    { ...APPLICATION, emulated: 'an unknown application' },
  ),
  recorded(
    7000229,
    401,
    'invalid_client',
    'github:Azure/Commercial-Marketplace-SaaS-Accelerator#830',
    `The client application ${CLIENT} is missing service principal in the tenant ${TENANT}. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119`,
    APPLICATION,
  ),
  documented(70001, 'UnauthorizedClient', APPLICATION),
  documented(700011, 'UnauthorizedClientAppNotFoundInOrgIdTenant', APPLICATION),
  documented(700025, 'InvalidClientPublicClientWithCredential', never('invalid_request', 'public client')),
  recorded(
    7000218,
    401,
    'invalid_client',
    'github:Azure/azure-sdk-for-go#22386',
    "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    { ...UNKNOWN, emulated: 'no assertion' },
  ),
  recorded(
    90002,
    400,
    'invalid_request',
    'github:microsoft/azure-tools-for-java#3900',
    `Tenant '${TENANT}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
    { ...WRONG_TENANT, emulated: 'an unknown tenant' },
  ),
  recorded(
    900023,
    400,
    'invalid_request',
    'github:microsoft/Analysis-Services#194',
    "Specified tenant identifier 'acme' is neither a valid DNS name, nor a valid external domain.",
    { ...WRONG_TENANT, emulated: 'a tenant that is no name' },
  ),
  documented(50059, 'MissingTenantRealmAndNoUserInformationProvided', WRONG_TENANT),
  documented(50128, 'Invalid domain name', WRONG_TENANT),
  documented(90019, 'MissingTenantRealm', WRONG_TENANT),
  documented(90038, 'NationalCloudTenantRedirection', WRONG_TENANT),
  documented(90043, 'NationalCloudAuthCodeRedirection', WRONG_TENANT),
  documented(90051, 'InvalidNationalCloudId', WRONG_TENANT),
  documented(900382, "Confidential Client isn't supported in Cross Cloud request.", WRONG_TENANT),
  documented(900432, "Confidential Client isn't supported in Cross Cloud request.", WRONG_TENANT),
  recorded(
    500011,
    400,
    'invalid_resource',
    'github:rootinc/laravel-azure-middleware#51',
    `The resource principal named https://orders.example was not found in the tenant named ${TENANT}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`,
    { ...RESOURCE, emulated: 'an unknown resource' },
  ),
  documented(50001, 'InvalidResource', RESOURCE),
  documented(65005, 'MisconfiguredApplication', RESOURCE),
  recorded(
    650052,
    400,
    'invalid_client',
    'github:microsoft/GraphNotificationBroker#5',
    `The app is trying to access a service 'fb2131cd'(orders) that your organization '${TENANT}' lacks a service principal for. Contact your IT Admin to review the configuration of your service subscriptions or consent to the application in order to create the required service principal.`,
    RESOURCE,
  ),
  documented(
    650054,
    'The application asked for permissions to access a resource that has been removed.',
    RESOURCE,
  ),
  documented(650056, 'Misconfigured application.', RESOURCE),
  documented(650057, 'Invalid resource.', RESOURCE),
  recorded(
    1002012,
    400,
    'invalid_scope',
    'github:databricks/databricks-sql-nodejs#226',
    'The provided value for scope https://storage.azure.com is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).',
    { ...SCOPE, emulated: 'a scope without .default' },
  ),
  recorded(
    70011,
    400,
    'invalid_scope',
    'github:Azure/azure-sdk-for-net#9076',
    "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope https://storage.azure.com/.default https://vault.azure.net/.default is not valid.",
    { ...SCOPE, emulated: 'two resources' },
  ),
  documented(28002, "Provided value for the input parameter scope isn't valid.", SCOPE),
  documented(28003, "Provided value for the input parameter scope can't be empty.", SCOPE),
  documented(700022, 'InvalidMultipleResourcesScope', SCOPE),
  documented(700023, 'InvalidResourcelessScope', SCOPE),
  documented(
    100007,
    'Microsoft Entra Regional ONLY supports auth either for MSIs or …',
    never('invalid_request', 'AZURE_REGIONAL_AUTHORITY_NAME'),
  ),

  // The request as such: a proxy or a client of one's own that changes it.
  recorded(
    900144,
    400,
    'invalid_request',
    'github:MicrosoftDocs/azure-docs#43780',
    "The request body must contain the following parameter: 'grant_type'.",
    { ...UNKNOWN, emulated: 'no grant_type' },
  ),
  recorded(
    90014,
    400,
    'invalid_request',
    'github:ctron/oidc-cli#7',
    "The required field 'scope' is missing from the credential. Ensure that you have all the necessary parameters for the login request.",
    { ...UNKNOWN, emulated: 'no scope' },
  ),
  documented(900561, 'BadResourceRequestInvalidRequest', UNKNOWN),
  documented(9002313, 'InvalidRequest', UNKNOWN),
  documented(70003, 'UnsupportedGrantType', UNKNOWN),
  documented(90004, 'InvalidRequestFormat', UNKNOWN),
  documented(901002, "The 'resource' request parameter isn't supported.", UNKNOWN),
  documented(
    9000411,
    'A parameter is duplicated.',
    UNKNOWN,
    'docs:login.microsoftonline.com/error?code=9000411',
  ),
  documented(90013, 'InvalidUserInput', UNKNOWN),
  documented(90015, 'QueryStringTooLong', UNKNOWN),
  documented(90023, 'InvalidRequest', UNKNOWN),
  documented(90100, 'InvalidRequestParameter', UNKNOWN),

  // Throttling, and faults that pass.
  documented(90055, 'TenantThrottlingError', { code: 'throttled', retry: 'now', hint: [] }),
  documented(50196, 'LoopDetected', { code: 'throttled', retry: 'now', hint: ['one provider per process'] }),
  documented(50000, 'TokenIssuanceError', TRANSIENT),
  documented(50033, 'RetryableError', TRANSIENT),
  documented(90006, 'ExternalServerRetryableError', TRANSIENT),
  documented(90012, 'RequestTimeout', TRANSIENT),
  documented(90024, 'RequestBudgetExceededError', TRANSIENT),
  documented(90033, 'MsodsServiceUnavailable', TRANSIENT),
  documented(90090, 'GraphRetryableError', TRANSIENT),
  documented(90091, 'GraphServiceUnreachable', TRANSIENT),
  documented(90036, 'MsodsServiceUnretryableFailure', { code: 'unavailable', retry: 'never', hint: [] }),
  documented(90092, 'GraphNonRetryableError', { code: 'unavailable', retry: 'never', hint: [] }),
  recorded(
    50166,
    400,
    'invalid_request',
    'github:Azure/azure-workload-identity#642',
    'Request to External OIDC endpoint failed.',
    {
      ...UNREACHABLE,
      emulated: 'an unreachable issuer',
    },
  ),
  recorded(
    501661,
    400,
    'invalid_request',
    'github:Azure/login#283',
    'Request to External OIDC endpoint failed.',
    UNREACHABLE,
  ),
  recorded(
    90061,
    400,
    'invalid_request',
    'github:Azure/azure-workload-identity#605',
    'Request to External OIDC endpoint failed.',
    UNREACHABLE,
  ),

  // Without a number.
  {
    name: 'throttled by the gateway',
    status: 429,
    headers: { 'retry-after': '10' },
    body: '',
    source: 'docs:rfc/6585 section 4',
    text: 'documented',
    code: 'throttled',
    retry: 'now',
    hint: [],
  },
  {
    name: 'an error page of the front end',
    status: 503,
    body: '<html><body><h1>Service Unavailable</h1></body></html>',
    source: 'docs:rfc/9110 section 15.6.4',
    text: 'documented',
    code: 'unavailable',
    retry: 'now',
    hint: [],
  },
  {
    name: 'temporarily_unavailable of OAuth',
    status: 400,
    body: { error: 'temporarily_unavailable', error_description: 'The server is temporarily too busy.' },
    source: LIST,
    text: 'documented',
    code: 'unavailable',
    retry: 'now',
    hint: [],
  },
  {
    name: 'a claims challenge of Conditional Access',
    status: 400,
    body: {
      error: 'interaction_required',
      error_description: 'AADSTS50076: Due to a configuration change made by your administrator …',
      error_codes: [50076],
      claims: '{"access_token":{"capolids":{"essential":true,"values":["c1"]}}}',
    },
    source: 'github:kontron/redmine_oauth#59',
    text: 'recorded',
    code: 'access_denied',
    retry: 'never',
    hint: ['Conditional Access'],
    not: CREATE,
  },
  {
    name: 'invalid_client of an unknown number',
    status: 401,
    body: body(7999999, 'invalid_client', 'A sentence of the future.'),
    source: 'none: a number that does not exist',
    text: 'guessed',
    code: 'token_rejected',
    retry: 'never',
    hint: ['look the number up', 'code=7999999'],
    not: CREATE,
  },
];
