import { defineConfig } from 'credex';

export default defineConfig({
  default: 'orders',
  credentials: {
    orders: {
      provider: 'aws',
      roleArn: 'arn:aws:iam::123456789012:role/shop-production',
      region: 'eu-west-1',
    },
  },
});
