/** Where our requests are not the official ones: each difference that is meant, and why. All others are defects. */

import { expect, test } from 'vitest';
import type { Difference, Wire } from './request-parts.js';
import { differences } from './request-parts.js';

/** The two requests that differ. */
type Beside = readonly [official: Wire, ours: Wire];

export interface Departure {
  readonly where: Difference['where'];
  readonly name: RegExp | string;
  readonly reason: string;
  /** What the difference has to be. Default: the official request has it, ours does not. */
  readonly agrees?: (official: string | undefined, ours: string | undefined, beside: Beside) => boolean;
}

const theirsAlone = (official: string | undefined, ours: string | undefined): boolean =>
  official !== undefined && ours === undefined;

const decoded = (value: string | undefined): string => decodeURIComponent((value ?? '').replaceAll('+', ' '));

/** The same words, however they are arranged. */
const sameSet = (official: string | undefined, ours: string | undefined): boolean => {
  const words = (value: string | undefined): string[] => [
    ...new Set(
      decoded(value)
        .split(/[\s,[\]"]+/)
        .filter(Boolean),
    ),
  ];
  return words(official).sort().join() === words(ours).sort().join();
};

const sameJson = (official: string | undefined, ours: string | undefined): boolean => {
  expect(JSON.parse(decoded(ours))).toEqual(JSON.parse(decoded(official)));
  return true;
};

const otherwiseSpelt = (official: string | undefined, ours: string | undefined): boolean =>
  official !== undefined && official.toLowerCase() === ours;

/** In a set of fields whose numbers are their order. */
const sameFields =
  (names: RegExp) =>
  (_official: string | undefined, _ours: string | undefined, [theirs, own]: Beside): boolean => {
    const valuesOf = ({ fields }: Wire): string[] =>
      fields.filter(([name]) => names.test(name)).map(([, value]) => value);
    expect(valuesOf(own)).toEqual([...new Set(valuesOf(theirs))].sort());
    return true;
  };

const TRANSPORT: readonly Departure[] = [
  {
    where: 'header',
    name: /^(?:host|content-length|connection)$/,
    reason: 'Set by what sends the requests, after they are made: of two, one may not be sent at all.',
    agrees: () => true,
  },
];

const UNCOMPRESSED: Departure = {
  where: 'header',
  name: 'accept-encoding',
  reason: 'A token in an answer does not compress: ours asks for no encoding, and has none to undo.',
};

const POLICY_ARN = /^PolicyArns\.member\.\d+\.arn$/;

export const AWS_DEPARTURES: readonly Departure[] = [
  ...TRANSPORT,
  {
    where: 'header',
    name: /^(?:user-agent|x-amz-user-agent|amz-sdk-invocation-id|amz-sdk-request)$/,
    reason: "The SDK's telemetry: its version, the machine's, and its own retries, which are core's here.",
  },
  {
    where: 'field',
    name: 'RoleSessionName',
    reason: 'Where none is named ours is made of project and environment; the SDK takes the time of day.',
    agrees: (official, ours) => /^aws-sdk-js-session-\d+$/.test(official ?? '') && ours === 'credex',
  },
  {
    where: 'field',
    name: 'Policy',
    reason:
      'One text for one meaning: policies that differ in white space or order of members share a credential.',
    agrees: sameJson,
  },
  {
    where: 'field',
    name: POLICY_ARN,
    reason: 'A set: sorted and without repetition, so that the same set shares a credential.',
    agrees: sameFields(POLICY_ARN),
  },
];

export const GCP_DEPARTURES: readonly Departure[] = [
  UNCOMPRESSED,
  {
    where: 'header',
    name: /^(?:user-agent|x-goog-api-client)$/,
    reason: "The library's telemetry: its version and the machine's.",
  },
  {
    where: 'header',
    name: 'accept',
    reason:
      "The library's `Impersonated`, which alone has delegation chains, does not ask for JSON; its external account does.",
    agrees: (official, ours) => official === undefined && ours === 'application/json',
  },
  {
    where: 'field',
    name: 'delegates',
    reason: 'Without a chain the library sends an empty list, ours none: the same to Google.',
    agrees: (official, ours) => official === '[]' && ours === undefined,
  },
  {
    where: 'field',
    name: 'scope',
    reason: 'A set: sorted and without repetition, so that the same set shares a credential.',
    agrees: sameSet,
  },
];

/** What MSAL adds wherever a request has claims, whoever asks for what. */
const SIGN_IN_CLAIMS = ['signin_state', 'login_hint'];

function withoutSignInClaims(value: string): Record<string, unknown> {
  const claims = JSON.parse(decoded(value)) as Record<string, unknown>;
  const idToken = { ...(claims['id_token'] as Record<string, unknown>) };
  for (const name of SIGN_IN_CLAIMS) {
    if (JSON.stringify(idToken[name]) === '{"essential":false}') delete idToken[name];
  }
  return { ...claims, id_token: Object.keys(idToken).length === 0 ? undefined : idToken };
}

export const AZURE_DEPARTURES: readonly Departure[] = [
  ...TRANSPORT,
  UNCOMPRESSED,
  {
    where: 'header',
    name: /^(?:user-agent|x-ms-client-request-id)$/,
    reason: "The library's telemetry: its version, the machine's, and a number for each request.",
  },
  {
    where: 'query',
    name: 'client-request-id',
    reason: "The library's telemetry: a number for each request.",
  },
  {
    where: 'field',
    name: /^(?:x-client-(?:SKU|VER|OS|CPU)|x-ms-lib-capability|x-client-(?:current|last)-telemetry|client-request-id)$/,
    reason: "The library's telemetry: its version, the machine's, its cache, and a number for each request.",
  },
  {
    where: 'field',
    name: 'claims',
    reason:
      'MSAL adds two claims of an ID token to any that are asked for; an application gets no ID token. ' +
      'The rest is the same, whatever its order.',
    agrees(official, ours) {
      expect(JSON.parse(decoded(ours))).toEqual(withoutSignInClaims(official ?? ''));
      return true;
    },
  },
  {
    where: 'field',
    name: 'client_id',
    reason: 'Entra reads it without regard to case: one spelling shares a credential.',
    agrees: otherwiseSpelt,
  },
];

/** Compares, and records which departures were met. */
export function oracle(departures: readonly Departure[]) {
  const met = new Set<Departure>();
  const unexplained = (beside: Beside): Difference[] =>
    differences(...beside).filter((difference) => {
      const departure = departures.find(({ where, name }) => {
        if (where !== difference.where) return false;
        return typeof name === 'string' ? name === difference.name : name.test(difference.name);
      });
      if (departure === undefined) return true;
      met.add(departure);
      return !(departure.agrees ?? theirsAlone)(difference.official, difference.ours, beside);
    });
  return {
    expectSame(official: readonly Wire[], ours: readonly Wire[]): void {
      expect(ours).toHaveLength(official.length);
      expect(official.flatMap((theirs, at) => unexplained([theirs, ours[at] as Wire]))).toEqual([]);
    },
    /** To be called below the cases. */
    testThatEachIsMet(): void {
      test('every listed difference occurs', () => {
        expect(departures.filter((departure) => !met.has(departure)).map(({ name }) => String(name))).toEqual(
          [],
        );
      });
    },
  };
}
