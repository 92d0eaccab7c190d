import { defineConfig } from 'credex';

export default defineConfig({
  default: 'orders',
  credentials: {
    orders: {
      provider: 'azure',
      tenantId: '6c1b7f5e-2a4d-4f7e-9a55-3c1d6b3f0a11',
      clientId: 'f3d2a9c4-8e17-4b0a-b6de-51c0a7e94d22',
      scopes: 'https://storage.azure.com/.default',
      when: { environment: 'production' },
    },
  },
});
