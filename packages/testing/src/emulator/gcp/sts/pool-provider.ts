/** An OIDC provider of a workload identity pool: whose tokens it takes, for which audience, and as whom. */
import {
  audiencesOf,
  CelLimitError,
  compileProvider,
  judgeGcp,
  memberNames,
  providerProblems,
  readPoolProvider,
  withCelBudget,
} from '@credex/explain/internal';
import { oauthRefusal } from '../google-errors.js';

export interface ProviderConfig {
  /** Compared exactly with the token's `iss`; https only. */
  readonly issuerUri: string;
  /** At most ten. Default: the provider's own resource name, as `//iam.googleapis.com/…` or `https://…`. */
  readonly allowedAudiences?: readonly string[] | undefined;
  /** CEL by target: `google.subject` (required), `google.groups`, `attribute.{name}`. */
  readonly attributeMapping: Readonly<Record<string, string>>;
  /** CEL over `assertion`, `google` and `attribute`; must give true. */
  readonly attributeCondition?: string | undefined;
  readonly disabled?: boolean | undefined;
}

type Claims = Readonly<Record<string, unknown>>;

/** Who a token becomes in the pool. */
export interface MappedIdentity {
  readonly subject: string;
  /** Every member of an allow policy that names the principal. */
  readonly members: readonly string[];
}

export interface PoolProvider {
  readonly issuerUri: string;
  readonly audiences: readonly string[];
  /** @throws Refusal for a token that the condition or the mapping refuses */
  readonly identify: (claims: Claims) => MappedIdentity;
  disabled: boolean;
}

/**
 * @param name `projects/{number}/locations/global/workloadIdentityPools/{pool}/providers/{provider}`
 * @throws TypeError if Google would not take the configuration
 */
export function createPoolProvider(name: string, config: ProviderConfig): PoolProvider {
  const { issuerUri, allowedAudiences, attributeMapping, attributeCondition, disabled = false } = config;
  const oidc = { issuerUri, allowedAudiences };
  const provider = readPoolProvider({ name, oidc, attributeMapping, attributeCondition });
  const compiled = withinLimits(
    () => compileProvider(provider),
    (message) => new TypeError(message),
  );
  const [problem] = [...providerProblems(provider), ...compiled.problems];
  if (problem !== undefined) throw new TypeError(`${problem.at}: ${problem.message}`);
  const trust = { provider, compiled, bindings: undefined, inherited: { bindings: [], isComplete: true } };
  return {
    issuerUri,
    audiences: audiencesOf(provider),
    disabled,
    identify: (claims) => {
      const { condition, fault, mapped } = withinLimits(
        () => withCelBudget(() => judgeGcp(trust, claims)),
        (message) => oauthRefusal('invalid_request', `The emulator does not evaluate this: ${message}`),
      );
      // Only true passes: an error of CEL is a value too.
      if (condition !== true)
        throw oauthRefusal(
          'unauthorized_client',
          'The given credential is rejected by the attribute condition.',
        );
      if (fault !== undefined) throw FAULTS[fault.code](fault.target);
      const subject = mapped.values.get('google.subject') as string;
      return { subject, members: memberNames(provider.pool, mapped) };
    },
  };
}

function withinLimits<T>(work: () => T, refusal: (message: string) => Error): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof CelLimitError ? refusal(error.message) : error;
  }
}

type Fault = NonNullable<ReturnType<typeof judgeGcp>['fault']>['code'];

const FAULTS: Readonly<Record<Fault, (target: string) => Error>> = {
  subject_not_mapped: () =>
    oauthRefusal(
      'unauthorized_client',
      'Could not obtain a value for google.subject from the given credential.',
    ),
  attribute_not_text: (target) =>
    oauthRefusal(
      'unauthorized_client',
      `The mapped attribute '${target}' must be of type ${target === 'google.groups' ? 'LIST' : 'STRING'}.`,
    ),
  subject_too_long: () => tooLarge('attribute google.subject', '127 bytes'),
  attributes_too_large: () => tooLarge('attributes in total', '16 KB'),
};

/** The sentence of google.subject is Google's own; that the total has the same form is unverified. */
const tooLarge = (what: string, limit: string): Error =>
  oauthRefusal(
    'invalid_request',
    `The size of mapped ${what} exceeds the ${limit} limit. Either modify your attribute mapping or the incoming assertion to produce a mapped attribute that is less than ${limit}.`,
  );

/** One of the token's audiences is enough. */
export const acceptsAudience = ({ audiences }: PoolProvider, aud: unknown): boolean =>
  [aud].flat().some((one) => audiences.includes(one as string));
