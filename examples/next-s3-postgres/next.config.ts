import type { NextConfig } from 'next';

const config: NextConfig = {
  // The authority of RDS is read at run time, so it has to be deployed with the functions.
  outputFileTracingIncludes: { '/orders': ['./global-bundle.pem'] },
};

export default config;
