export type { GoogleAuthLibraryExchangerOptions } from './google-auth-library/exchange.js';
export { googleAuthLibraryExchanger } from './google-auth-library/exchange.js';
export type { AuthClientFor } from './google-auth-library/auth-client.js';
export { googleAuthClient } from './google-auth-library/auth-client.js';
export type { Transporter } from './google-auth-library/step-transport.js';
