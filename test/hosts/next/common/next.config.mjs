// The installation is next to the application, so the root of both is named. Nothing else is set.
const root = process.env.HOSTS_WORK;

export default {
  cacheComponents: process.env.HOSTS_CACHE_COMPONENTS === 'true',
  turbopack: { root },
  outputFileTracingRoot: root,
};
