/** A harness of the emulator: the one command "behave so" becomes the fault of one of its services. */

import type { Credential } from '@credex/core';
import type { Exchanger } from '@credex/core/internal';
import type { Behaviour, ExchangerHarness } from '@credex/testing/conformance';
import type { Fault, MintOptions, ServiceName } from '@credex/testing/emulator';
import type { useFixture } from '../../support/use-fixture.js';

type Fixture = ReturnType<typeof useFixture>;

export interface Cloud {
  /** Where behaviours strike; the last step, where there are several. */
  readonly service: ServiceName;
  /** Another step's service. */
  readonly before?: ServiceName;
  /** A refusal or a failure in the service's own shape. */
  said(words: string, how: 'refuse' | 'unavailable'): { readonly status: number; readonly body: string };
  /** What a credential can't be made without. */
  readonly field: string;
  /** Whose token this cloud doesn't take. */
  readonly otherIdentity: Partial<MintOptions>;
}

export async function emulated<C extends Credential, R>(
  { emulator, mint }: Fixture,
  cloud: Cloud,
  asked: Pick<ExchangerHarness<C, R>, 'exchanger' | 'request' | 'equal' | 'different'>,
): Promise<ExchangerHarness<C, R>> {
  const { service, before } = cloud;
  const services = before === undefined ? [service] : [service, before];
  const issuedAt = Math.floor(emulator.clock.now() / 1000) - 7_200;
  const [good, expired, otherIdentity] = await Promise.all([
    mint(),
    mint({ issuedAt, lifetimeSeconds: 3_600 }),
    mint(cloud.otherIdentity),
  ]);
  return {
    ...asked,
    tokens: { good, expired, otherIdentity },
    behave(how, words) {
      emulator.faults.clear();
      const fault = faultOf(cloud, how, words, emulator.url('issuer'));
      if (fault !== undefined) emulator.faults.plant({ service, fault });
    },
    received: () => services.reduce((sum, one) => sum + emulator.log.count(one), 0),
    now: () => emulator.clock.now(),
  };
}

function faultOf(cloud: Cloud, how: Behaviour, words: string, elsewhere: string): Fault | undefined {
  switch (how) {
    case 'succeed':
      return undefined;
    case 'refuse':
    case 'unavailable':
      return { kind: 'status', ...cloud.said(words, how) };
    case 'garbage':
      return { kind: 'malformed', body: words };
    case 'incomplete':
      return { kind: 'missing-field', field: cloud.field };
    case 'redirect':
      return { kind: 'redirect', location: elsewhere };
    default:
      return { kind: how };
  }
}

/** The exchanger that a factory makes for these options, by way of the provider that asserts them. */
export function exchangerOf<Configuration, C extends Credential, R>(
  factory: (configuration: Configuration) => Exchanger<C, R>,
  provide: (factory: (configuration: Configuration) => Exchanger<C, R>) => unknown,
): Exchanger<C, R> {
  const made: Exchanger<C, R>[] = [];
  provide((configuration) => {
    const exchanger = factory(configuration);
    made.push(exchanger);
    return exchanger;
  });
  const [exchanger] = made;
  if (exchanger === undefined) throw new Error('The provider made no exchanger.');
  return exchanger;
}
