/** Each form in which `setup azure` prints its trust, put into a tenant of the emulated Entra. */

import type { Load, Place } from './place.js';
import type { JsonObject } from './printed.js';
import { MADE_APP, calls, fileOf, terraform, textOf, textsOf } from './printed.js';

type Credential = {
  readonly name: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
};

function put(
  { emulator: { azure }, tenantId, clientId }: Place,
  federatedCredentials: readonly Credential[],
): void {
  azure.createTenant({ tenantId });
  azure.createApplication({ tenantId, clientId, federatedCredentials });
}

const application: Load = async (place, printed) => {
  const made = await calls(printed);
  const credentials = made.filter(({ words }) => words.join(' ') === 'az ad app federated-credential create');
  if (credentials.some(({ options }) => options['id'] !== MADE_APP)) throw new Error('Another application.');
  put(
    place,
    credentials.map(({ options }) => {
      const { audiences, ...rest } = JSON.parse(options['parameters'] ?? '') as JsonObject;
      return { ...(rest as unknown as Credential), audience: textsOf(audiences)[0] ?? '' };
    }),
  );
};

const managed: Load = async (place, printed) => {
  const made = await calls(printed);
  put(
    place,
    made
      .filter(({ words }) => words.join(' ') === 'az identity federated-credential create')
      .map(({ options }) => ({
        name: options['name'] ?? '',
        issuer: options['issuer'] ?? '',
        subject: options['subject'] ?? '',
        audience: options['audiences'] ?? '',
      })),
  );
};

const hcl: Load = async (place, printed) => {
  const blocks = await terraform(fileOf(printed, 'terraform'));
  const ofApplication = blocks('resource', 'azuread_application_federated_identity_credential');
  const ofManaged = blocks('resource', 'azurerm_federated_identity_credential');
  put(
    place,
    [...ofApplication, ...ofManaged].map(([, block]) => ({
      name: textOf(block['display_name'] ?? block['name']),
      issuer: textOf(block['issuer']),
      subject: textOf(block['subject']),
      audience: textsOf(block['audiences'] ?? block['audience'])[0] ?? '',
    })),
  );
};

/** Of Bicep there is no parser here: the list of literals is read as it stands. */
const bicep: Load = async (place, printed) => {
  const found = fileOf(printed, 'bicep').matchAll(
    /\{\s+name: '([^'\\]+)'\s+issuer: '([^'\\]+)'\s+subject: '([^'\\]+)'\s+audience: '([^'\\]+)'\s+\}/g,
  );
  put(
    place,
    [...found].map(([, name = '', issuer = '', subject = '', audience = '']) => ({
      name,
      issuer,
      subject,
      audience,
    })),
  );
};

/** By the options of the command and the format. */
export const LOAD_AZURE: readonly (readonly [
  name: string,
  more: (place: Place) => readonly string[],
  load: Load,
])[] = [
  ['az for a new application', () => [], application],
  ['terraform for a new application', () => [], hcl],
  ['terraform for an application that stands', ({ clientId }) => ['--client-id', clientId], hcl],
  ...(['az', 'terraform', 'bicep'] as const).map(
    (form) =>
      [
        `${form} for a managed identity`,
        () => ['--identity', 'managed', '--resource-group', 'shop', '--location', 'westeurope'],
        { az: managed, terraform: hcl, bicep }[form],
      ] as const,
  ),
];

export async function entersAzure({ emulator, tenantId, clientId }: Place, token: string): Promise<boolean> {
  const response = await fetch(`${emulator.url('entra')}/${tenantId}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({
      client_id: clientId,
      scope: 'https://management.azure.com/.default',
      grant_type: 'client_credentials',
      client_assertion: token,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    }),
  });
  return response.ok;
}
