import type { Breach } from './breaches.fixture.js';
import { describeBreaches, exchangeWith } from './breaches.fixture.js';
import { credentialOf, jwtOf } from './sample.fixture.js';

const BREACHES: readonly Breach[] = [
  [
    'a subject asked twice',
    'asks for the subject once',
    exchangeWith((own) => async (request, context) => {
      await context.subject();
      return own.exchange(request, context);
    }),
  ],
  [
    'a token from the environment',
    'asks for the subject once',
    exchangeWith(
      (_own, { ask }) =>
        async (_request, context) =>
          context.step('sample.example', async (signal) => ({
            credential: credentialOf(await ask(process.env['VERCEL_OIDC_TOKEN'] ?? jwtOf('good'), signal)),
          })),
    ),
  ],
  [
    'a reason turned into another',
    'without a subject',
    exchangeWith(
      (own) => async (request, context) =>
        own.exchange(request, context).catch(() => {
          throw new Error('It failed.');
        }),
    ),
  ],
  [
    'a request that is no step',
    'takes a step',
    exchangeWith((_own, { ask }) => async (_request, context) => {
      const { jwt } = await context.subject();
      return { credential: credentialOf(await ask(jwt, context.signal)) };
    }),
  ],
  [
    'a second request in one step',
    'takes a step',
    exchangeWith((_own, { ask }) => async (_request, context) => {
      const { jwt } = await context.subject();
      return context.step('sample.example', async (signal) => {
        await ask(jwt, signal);
        return { credential: credentialOf(await ask(jwt, signal)) };
      });
    }),
  ],
  [
    'a separate cache',
    'holds nothing',
    exchangeWith((own) => {
      let held: ReturnType<typeof own.exchange> | undefined;
      return (request, context) => (held ??= own.exchange(request, context));
    }),
  ],
  [
    'one exchange for all tokens',
    'two at once',
    exchangeWith((own) => {
      let flight: ReturnType<typeof own.exchange> | undefined;
      return (request, context) =>
        (flight ??= own.exchange(request, context).finally(() => {
          flight = undefined;
        }));
    }),
  ],
  [
    'its own retries',
    'tries once',
    exchangeWith(
      (own) => (request, context) =>
        own.exchange(request, context).catch(() => own.exchange(request, context)),
    ),
  ],
  [
    'a request in spite of the end',
    'sends nothing once',
    exchangeWith((own, { ask, tokens }) => async (request, context) => {
      await ask(tokens.good, new AbortController().signal);
      return own.exchange(request, context);
    }),
  ],
  [
    "no ear for the step's signal",
    'ends with the step',
    exchangeWith((_own, { ask }) => async (_request, context) => {
      const { jwt } = await context.subject();
      return context.step('sample.example', async () => ({
        credential: credentialOf(await ask(jwt, context.signal)),
      }));
    }),
  ],
  [
    'no ear for any signal',
    'ends with `context',
    exchangeWith((_own, { ask }) => async (_request, context) => {
      const { jwt } = await context.subject();
      return context.step('sample.example', async () => ({
        credential: credentialOf(await ask(jwt, new AbortController().signal)),
      }));
    }),
  ],
  [
    'a word to the console',
    'prints nothing',
    exchangeWith((own) => async (request, context) => {
      console.debug('exchanging');
      return own.exchange(request, context);
    }),
  ],
];

describeBreaches(BREACHES);
