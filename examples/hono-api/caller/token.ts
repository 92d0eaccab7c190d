import { vercelTokenProvider } from '@credex/vercel';

// Prints a token of the API's audience, for a call by hand.
console.log(await vercelTokenProvider({ audience: 'https://orders.acme.example' })());
