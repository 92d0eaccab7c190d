export type { CredentialStore, EncryptedStore, StoreOperation } from '@credex/core';
export type { EncryptedStoreOptions } from './encrypted-store.js';
export { encryptedStore } from './encrypted-store.js';
export { createStoreKey } from './store-key.js';
