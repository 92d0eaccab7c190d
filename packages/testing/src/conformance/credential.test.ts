import type { Breach } from './breaches.fixture.js';
import { credentialWith, describeBreaches, exchangeWith } from './breaches.fixture.js';
import type { SampleCredential } from './sample.fixture.js';
import { EXPIRES_AT } from './sample.fixture.js';

const BREACHES: readonly Breach[] = [
  [
    'a credential in seconds',
    'ends in the future',
    credentialWith({ expiresAt: Math.floor(EXPIRES_AT / 1000) }),
  ],
  ['a credential for ever', 'ends in the future', credentialWith({ expiresAt: 8.64e15 })],
  [
    'a Date in the credential',
    'credential: plain data',
    credentialWith({ expiration: new Date(EXPIRES_AT) }),
  ],
  ['a method on the credential', 'credential: plain data', credentialWith({ refresh: () => undefined })],
  [
    'a hidden field on the credential',
    'credential: plain data',
    exchangeWith((own) => async (request, context) => {
      const { credential } = await own.exchange(request, context);
      return { credential: Object.defineProperty({ ...credential }, 'raw', { value: 'answer' }) };
    }),
  ],
  ['a field that is lost in the store', 'gives back the credential', credentialWith({ scope: 'read' })],
  [
    'a record passed on as it is',
    'lets nothing else through',
    () => ({
      parseStored: (record) => {
        const { key, expiresAt } = record as SampleCredential;
        if (typeof key !== 'string' || !Number.isFinite(expiresAt)) throw new TypeError('No record.');
        return record as SampleCredential;
      },
    }),
  ],
  [
    'an empty credential for garbage',
    'refuses what is no record',
    (own) => ({
      parseStored: (record) =>
        typeof record === 'object' ? own.parseStored(record) : { key: '', expiresAt: 0 },
    }),
  ],
  [
    'a key that may be missing',
    'lacks a field',
    (own) => ({
      parseStored: (record) => own.parseStored({ key: '', ...(record as object) }),
    }),
  ],
  [
    'an end that may be text',
    'of another type',
    () => ({
      parseStored: (record) => {
        const { key, expiresAt } = Object(record) as SampleCredential;
        if (typeof key !== 'string' || expiresAt === undefined) throw new TypeError('No record.');
        return { key, expiresAt };
      },
    }),
  ],
  [
    'an end that never comes',
    'an end that is none',
    (own) => ({
      parseStored: (record) => {
        const { key, expiresAt } = Object(record) as SampleCredential;
        return expiresAt === Infinity ? { key, expiresAt } : own.parseStored(record);
      },
    }),
  ],
  [
    'the record in the refusal',
    'of another type',
    (own) => ({
      parseStored: (record) => {
        try {
          return own.parseStored(record);
        } catch {
          throw new TypeError(`Not a record: ${JSON.stringify(record)}`);
        }
      },
    }),
  ],
];

describeBreaches(BREACHES);
