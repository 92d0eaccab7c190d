// The installation stands beside the application, so the root of both is said. Nothing else is set.
const root = process.env.HOSTS_WORK;

export default {
  cacheComponents: process.env.HOSTS_CACHE_COMPONENTS === 'true',
  turbopack: { root },
  outputFileTracingRoot: root,
};
