/** Continuous access evaluation, end to end: the storage service challenges, and the client's next try is let in. */

import type { TokenCredential } from '@azure/core-auth';
import type { AzureTokenOptions } from '@credex/azure';
import { azureCredentialsProvider } from '@credex/azure';
import { createCredentialCache } from '@credex/core';
import { beforeEach, expect, test } from 'vitest';
import { blobServiceClient } from '../support/clients.js';
import { setDeployment } from '../support/environment.js';
import { AZURE } from '../support/trust.js';
import { useWorld } from '../support/use-world.js';

const world = useWorld();
beforeEach(() => setDeployment());

const statuses = () => world.emulator.log.entries('azure-blob').map(({ status }) => status);
const exchanges = () => world.emulator.log.entries('entra').map(({ notes }) => notes);

test('a revoked token is challenged; the claims bring one that is taken, for every client of the process', async () => {
  const options = {
    ...world.options.azure,
    clock: world.clock,
    cache: createCredentialCache(),
  };
  const clientOf = () =>
    blobServiceClient(world.emulator, azureCredentialsProvider(options)).getContainerClient(AZURE.container);
  const [one, other] = [clientOf(), clientOf()];
  const put = async (container: typeof one, name: string) =>
    world.inRequest(await world.mint(), async () => {
      const { _response } = await container.getBlockBlobClient(name).upload('x', 1);
      return _response.status;
    });

  expect([await put(one, 'a'), await put(other, 'b')]).toEqual([201, 201]);
  expect(exchanges()).toHaveLength(1);

  world.emulator.clock.advance(60_000);
  const revokedAt = Math.floor(world.emulator.clock.now() / 1_000);
  world.emulator.azure.revokeTokensIssuedBefore(AZURE.clientId, revokedAt * 1_000);
  expect(await put(one, 'c')).toBe(201);
  expect(statuses()).toEqual([201, 201, 401, 201]);
  expect(exchanges()).toEqual([
    expect.objectContaining({ cae: 'true' }),
    expect.objectContaining({ cae: 'true', notBefore: String(revokedAt) }),
  ]);

  // The other client still has the revoked token in hand; a third one never had it.
  expect(await put(other, 'd')).toBe(201);
  expect(await put(clientOf(), 'e')).toBe(201);
  expect(statuses().slice(4)).toEqual([401, 201, 201]);
  // A challenge is never answered by what is held: at most one exchange for each client that had the old token.
  expect(exchanges().length).toBeLessThanOrEqual(3);
});

test('clients that are challenged at once share one exchange', async () => {
  // Entra dates tokens five minutes back: further from the other test's revocation than that.
  world.emulator.clock.advance(10 * 60_000);
  const options = { ...world.options.azure, clock: world.clock, cache: createCredentialCache() };
  const provider = azureCredentialsProvider(options);
  const CLIENTS = 10;
  let challenged = 0;
  let allChallenged = (): void => undefined;
  const whenAllAre = new Promise<void>((resolve) => {
    allChallenged = resolve;
  });
  const counting: TokenCredential = {
    getToken: (scopes, asked) => {
      if (asked?.claims !== undefined) challenged += 1;
      if (challenged === CLIENTS) allChallenged();
      return provider.getToken(scopes, asked as AzureTokenOptions);
    },
  };
  const clients = Array.from({ length: CLIENTS }, () => blobServiceClient(world.emulator, counting));
  const token = await world.mint();
  const putAll = () =>
    world.inRequest(token, () =>
      Promise.all(
        clients.map((client, index) =>
          client.getContainerClient(AZURE.container).getBlockBlobClient(`many/${index}`).upload('x', 1),
        ),
      ),
    );
  await putAll();
  expect(exchanges()).toHaveLength(1);

  world.emulator.clock.advance(60_000);
  world.emulator.azure.revokeTokensIssuedBefore(AZURE.clientId, world.emulator.clock.now());
  world.emulator.faults.plant({ service: 'entra', fault: { kind: 'delay', until: whenAllAre } });
  await putAll();
  expect(statuses().filter((status) => status === 401)).toHaveLength(CLIENTS);
  expect(statuses().filter((status) => status === 201)).toHaveLength(2 * CLIENTS);
  expect(exchanges()).toHaveLength(2);
});
