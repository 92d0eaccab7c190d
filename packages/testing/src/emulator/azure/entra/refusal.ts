/**
 * Entra's refusals: number, OAuth error, HTTP status and sentence. Each says where its words were seen; numbers
 * alone are in Microsoft's reference-error-codes.
 */
import { ticks } from '../../runtime.js';

export class EntraRefusal extends Error {
  readonly status: number;
  readonly error: string;
  readonly code: number;

  constructor(status: number, error: string, code: number, sentence: string) {
    super(sentence);
    this.status = status;
    this.error = error;
    this.code = code;
  }
}

const FEDERATION_DOCS = 'https://learn.microsoft.com/entra/workload-id/workload-identity-federation';
const CHECK = `Check your federated identity credential Subject, Audience and Issuer against the presented assertion. ${FEDERATION_DOCS}`;

const badRequest = (code: number, sentence: string): EntraRefusal =>
  new EntraRefusal(400, 'invalid_request', code, sentence);
const badClient = (code: number, sentence: string): EntraRefusal =>
  new EntraRefusal(401, 'invalid_client', code, sentence);
const noRecord = (code: number, what: string, value: string): EntraRefusal =>
  badClient(
    code,
    `No matching federated identity record found for presented assertion ${what} '${value}'. ${CHECK}`,
  );

/** The request as such: before anyone is identified. */
export const requestRefusals = {
  /** login.microsoftonline.com/error?code=900561. */
  onlyPost: (method: string): EntraRefusal =>
    badRequest(900561, `The endpoint only accepts POST requests. Received a ${method} request.`),
  /** MicrosoftDocs/azure-docs#43780; a JSON body gets the same (microsoft-graph-docs-contrib#1369). */
  missingParameter: (name: string): EntraRefusal =>
    badRequest(900144, `The request body must contain the following parameter: '${name}'.`),
  /** ctron/oidc-cli#7: what a request without scope gets. */
  missingScope: (): EntraRefusal =>
    badRequest(
      90014,
      "The required field 'scope' is missing from the credential. Ensure that you have all the necessary parameters for the login request.",
    ),
  /** login.microsoftonline.com/error?code=9000411. */
  duplicateParameter: (name: string): EntraRefusal =>
    badRequest(9000411, `The request is not properly formatted. The parameter '${name}' is duplicated.`),
  /** reference-error-codes: UnsupportedGrantType. */
  grantType: (grantType: string): EntraRefusal =>
    new EntraRefusal(
      400,
      'unsupported_grant_type',
      70003,
      `The app requested an unsupported grant type '${grantType}'.`,
    ),
  /** reference-error-codes, InvalidRequest. That an unknown client_assertion_type gets it is unverified. */
  malformed: (): EntraRefusal => badRequest(9002313, 'Invalid request. Request is malformed or invalid.'),
  /** microsoft/vscode#254009, snok/django-auth-adfs#198: endpoints of version 2 take `scope`. */
  resourceParameter: (): EntraRefusal =>
    badRequest(901002, "The 'resource' request parameter is not supported."),
  /** reference-error-codes, InvalidRequestParameter. That `claims` gets it is unverified. */
  badClaims: (): EntraRefusal => badRequest(90100, 'claims parameter is empty or not valid.'),
  /** microsoft/Analysis-Services#194. */
  tenantSyntax: (tenant: string): EntraRefusal =>
    badRequest(
      900023,
      `Specified tenant identifier '${tenant}' is neither a valid DNS name, nor a valid external domain.`,
    ),
  /** microsoft/azure-tools-for-java#3900 (token: invalid_request) and azure-keyvault-emulator#324 (discovery: invalid_tenant). */
  tenantNotFound: (tenant: string, at: 'token' | 'discovery'): EntraRefusal =>
    new EntraRefusal(
      400,
      at === 'token' ? 'invalid_request' : 'invalid_tenant',
      90002,
      `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
    ),
  /** reference-error-codes: MissingTenantRealm; `common` and `organizations` name no tenant for an application. */
  noTenant: (): EntraRefusal =>
    badRequest(
      50059,
      'No tenant-identifying information found in either the request or implied by any provided credentials.',
    ),
  /** AzureAD/microsoft-authentication-library-for-js, cloud instance discovery: error `invalid_instance`. */
  unknownInstance: (): EntraRefusal =>
    new EntraRefusal(400, 'invalid_instance', 50049, 'Unknown or invalid instance.'),
} as const;

/** The client and what it asks for. */
export const clientRefusals = {
  /** Azure/azure-sdk-for-python#8314. */
  applicationNotFound: (clientId: string, tenant: string): EntraRefusal =>
    new EntraRefusal(
      400,
      'unauthorized_client',
      700016,
      `Application with identifier '${clientId}' was not found in the directory '${tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
    ),
  /** Azure/azure-sdk-for-go#22386. */
  noAssertion: (): EntraRefusal =>
    badClient(
      7000218,
      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
  /** databricks/databricks-sql-nodejs#226: invalid_scope. */
  scopeWithoutDefault: (scope: string): EntraRefusal =>
    new EntraRefusal(
      400,
      'invalid_scope',
      1002012,
      `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
    ),
  /** Azure/azure-sdk-for-net#9076: two resources in one client credentials request. */
  severalResources: (scope: string): EntraRefusal =>
    new EntraRefusal(
      400,
      'invalid_scope',
      70011,
      `The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope ${scope} is not valid.`,
    ),
  /** rootinc/laravel-azure-middleware#51: invalid_resource. */
  resourceNotFound: (resource: string, tenant: string): EntraRefusal =>
    new EntraRefusal(
      400,
      'invalid_resource',
      500011,
      `The resource principal named ${resource} was not found in the tenant named ${tenant}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`,
    ),
} as const;

/** The assertion: what it is, who signed it, and which federated identity credential it matches. */
export const assertionRefusals = {
  /** panva/openid-client#348. */
  malformed: (): EntraRefusal => badRequest(50027, 'JWT token is invalid or malformed.'),
  /** microsoft-authentication-library-for-dotnet#4712: invalid_request. */
  unsupportedAlgorithm: (): EntraRefusal =>
    badRequest(5002730, 'Invalid JWT token. Unsupported key for the signing algorithm.'),
  /** zitadel/oidc#887. */
  severalAudiences: (count: number): EntraRefusal =>
    badClient(
      5002741,
      `Number of audience values in the provided client credential exceed maximum allowed. ${count} audience values provided, maximum allowed is 1.`,
    ),
  /** login.microsoftonline.com/error?code=70025. */
  noneConfigured: (clientId: string): EntraRefusal =>
    badClient(70025, `The client '${clientId}' has no configured federated identity credentials.`),
  /** Azure/azure-workload-identity#1200. */
  issuer: (issuer: string): EntraRefusal => noRecord(700211, 'issuer', issuer),
  /** Azure/login#482, dotnet/maui#31978. */
  subject: (subject: string): EntraRefusal => noRecord(700213, 'subject', subject),
  /** Azure/login#515. */
  subjectCase: (subject: string): EntraRefusal =>
    badClient(
      7002138,
      `No matching federated identity record found for presented assertion subject '${subject}'. The subject matches with case-insensitive comparison, but not with case-sensitive comparison. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. See documentation at: ${FEDERATION_DOCS}. See breaking change notification and remediation at: https://learn.microsoft.com/en-us/entra/identity-platform/reference-breaking-changes#august-2024.`,
    ),
  /** github.com/testing-turtle/transient-terrapin and other public run logs: an application with a flexible credential. */
  expression: (subject: string): EntraRefusal =>
    badClient(
      7002131,
      `No matching federated identity record found for presented assertion subject '${subject}' or no federated identity credential expression matched. Please check your federated identity credential Subject, Expression, Audience and Issuer against the presented assertion. ${FEDERATION_DOCS}`,
    ),
  /** As 700211 and 700213; with this code in public error fixtures and run books. */
  audience: (audience: string): EntraRefusal => noRecord(700212, 'audience', audience),
  /** Azure/azure-workload-identity#1232. */
  unknownKey: (kid: string, issuer: string): EntraRefusal =>
    badClient(
      7000272,
      `The certificate with identifier ${kid} used to sign the federated credential could not be found in the metadata of identity provider ${issuer}. Please validate that your Identity Provider's metadata exposes the key used to sign the incoming token.`,
    ),
  /**
   * microsoft-identity-web names 7000274 ClientAssertionContainsInvalidSignature, and public diagnoses report it for
   * federated assertions; the words are those of 700027 (AzureAD/passport-azure-ad#453) and unverified for 7000274.
   */
  badSignature: (kid: string): EntraRefusal =>
    badClient(
      7000274,
      `Client assertion contains an invalid signature. [Reason - The provided signature value did not match the expected signature value., Thumbprint of key used by client: '${kid}'].`,
    ),
  /** Public reports of 5002727, invalid_request. Kubernetes tokens have no `typ` and are accepted. */
  headerType: (): EntraRefusal =>
    badRequest(
      5002727,
      "Invalid JWT header type specified. Allowed types: 'JWT','http://openid.net/specs/jwt/1.0'.",
    ),
  /** microsoft-authentication-library-for-dotnet#4951, Azure/azure-workload-identity#693; times by .NET, seven decimals. */
  timeRange: (now: number, notBefore: number, expiry: number): EntraRefusal =>
    badClient(
      700024,
      `Client assertion is not within its valid time range. Current time: ${ticks(now)}, assertion valid from ${ticks(notBefore)}, expiry time of assertion ${ticks(expiry)}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .`,
    ),
  /** Azure/azure-workload-identity#642 (and 501661, 90061 at other times). */
  issuerUnreachable: (): EntraRefusal => badRequest(50166, 'Request to External OIDC endpoint failed.'),
} as const;
