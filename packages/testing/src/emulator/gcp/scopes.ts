/** OAuth scopes of Google: which exist, and which open what. https://developers.google.com/identity/protocols/oauth2/scopes */

const AUTH = 'https://www.googleapis.com/auth/';

export const CLOUD_PLATFORM: string = `${AUTH}cloud-platform`;

/** Google refuses a scope it doesn't know; the emulator knows those of the cloud's APIs and of sign-in. */
const NAMES = new Set(
  `cloud-platform cloud-platform.read-only iam iam.test
  devstorage.read_only devstorage.read_write devstorage.full_control devstorage.write_only
  appengine.admin accounts.reauth cloud-billing cloud-billing.readonly
  cloudplatformprojects cloudplatformprojects.readonly source.full_control source.read_only source.read_write
  bigquery bigquery.readonly bigquery.insertdata bigtable.admin bigtable.data bigtable.data.readonly
  cloud-identity cloud-vision cloud-translation cloud_debugger cloudkms cloudruntimeconfig
  compute compute.readonly datastore pubsub sqlservice.admin sqlservice.login alloydb.login spanner.admin spanner.data
  firebase firebase.readonly firebase.database firebase.messaging identitytoolkit
  logging.admin logging.read logging.write monitoring monitoring.read monitoring.write
  trace.append trace.readonly service.management service.management.readonly servicecontrol
  ndev.clouddns.readwrite ndev.clouddns.readonly cloud-healthcare cloud-language dialogflow
  generative-language generative-language.retriever userinfo.email userinfo.profile
  drive drive.file drive.readonly spreadsheets spreadsheets.readonly documents presentations calendar
  calendar.readonly gmail.send gmail.readonly gmail.modify analytics analytics.readonly androidpublisher
  admin.directory.user admin.directory.user.readonly admin.directory.group admin.directory.group.readonly
  adwords webmasters webmasters.readonly indexing chat.bot`
    .split(/\s+/)
    .map((name) => `${AUTH}${name}`)
    .concat('openid', 'email', 'profile'),
);

export const isKnownScope = (scope: string): boolean => NAMES.has(scope);

const opened = (scopes: readonly string[], by: readonly string[]): boolean =>
  scopes.some((scope) => by.includes(scope));

export const opensIamCredentials = (scopes: readonly string[]): boolean =>
  opened(scopes, [CLOUD_PLATFORM, `${AUTH}iam`]);

const STORAGE_WRITE = [CLOUD_PLATFORM, `${AUTH}devstorage.full_control`, `${AUTH}devstorage.read_write`];
const STORAGE_READ = [...STORAGE_WRITE, `${AUTH}devstorage.read_only`, `${AUTH}cloud-platform.read-only`];

export const opensStorage = (scopes: readonly string[], access: 'read' | 'write'): boolean =>
  opened(scopes, access === 'read' ? STORAGE_READ : STORAGE_WRITE);
