/** What may be thrown by a library, a proxy between, or a mistake. */

/** What classifiers of errors read. */
const FIELDS: readonly string[] =
  'status statusCode code body headers message name cause answer response errors error $metadata $response'.split(
    ' ',
  );

function throws(): never {
  throw new Error('This must not be looked at.');
}

const TRAPS: ProxyHandler<object> = {
  get: throws,
  has: throws,
  ownKeys: throws,
  getOwnPropertyDescriptor: throws,
  getPrototypeOf: throws,
};

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function ownCause(): Error {
  const error = new Error('The cause of this error is this error.');
  error.cause = error;
  return error;
}

function deepCause(): Error {
  let error = new Error('deep');
  for (let depth = 0; depth < 10_000; depth += 1) error = new Error('less deep', { cause: error });
  return error;
}

function circular(): object {
  const made: Record<string, unknown> = { status: 400 };
  made['body'] = made;
  made['response'] = made;
  made['cause'] = made;
  return made;
}

function withGetters(): object {
  const made = {};
  for (const name of FIELDS) Object.defineProperty(made, name, { get: throws, enumerable: true });
  return made;
}

/** Fields of servers' responses, each of an unexpected type. */
const STRANGE_VALUES: readonly unknown[] = [null, 0, Number.NaN, -1, 1e300, [], [null], {}, '', 'x', true];

const STRANGE_FIELDS: readonly object[] = STRANGE_VALUES.map((value) =>
  Object.fromEntries(FIELDS.map((name) => [name, value])),
);

/** The same one floor down, where SDKs keep what a server answered. */
const STRANGE_ANSWERS: readonly object[] = STRANGE_FIELDS.map((made) => ({
  name: 'Error',
  message: 'The server answered.',
  cause: made,
  answer: made,
  response: made,
  error: made,
  errorResponse: made,
  $metadata: { httpStatusCode: Reflect.get(made, 'status') },
  $response: made,
}));

/** Made when it is asked for: some of it is large. */
export const GARBAGE: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  'a boolean': () => false,
  'a number': () => Number.NaN,
  'a bigint': () => 1n,
  'a symbol': () => Symbol('error'),
  'an empty string': () => '',
  'a string': () => 'fetch failed',
  'a function': () => throws,
  'an array': () => [],
  'an empty object': () => ({}),
  'an object without a prototype': () => Object.create(null) as unknown,
  'an error without a message': () => Object.assign(new Error(), { message: undefined }),
  'an error that is its own cause': ownCause,
  'an error of ten thousand causes': deepCause,
  'an aggregate of nothing': () => new AggregateError([]),
  'a long message': () => new Error('<Error>'.repeat(10_000)),
  'a long body': () => ({ status: 400, headers: {}, body: '<Error><Code>'.repeat(20_000) }),
  'an object of a hundred thousand members': () =>
    Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`member${at}`, at])),
  'a circle': circular,
  'getters that throw': withGetters,
  'a proxy whose traps throw': () => new Proxy({}, TRAPS),
  'an error behind a proxy whose traps throw': () => new Proxy(new Error('error'), TRAPS),
  'a cause whose traps throw': () => new Error('error', { cause: new Proxy({}, TRAPS) }),
  'a proxy that was revoked': revoked,
  ...Object.fromEntries(STRANGE_FIELDS.map((made, at) => [`strange fields ${at}`, () => made])),
  ...Object.fromEntries(STRANGE_ANSWERS.map((made, at) => [`a strange answer ${at}`, () => made])),
  ...Object.fromEntries(
    STRANGE_FIELDS.map((made, at) => [
      `an error with strange fields ${at}`,
      () => Object.defineProperties(new Error('error'), Object.getOwnPropertyDescriptors(made)),
    ]),
  ),
};
