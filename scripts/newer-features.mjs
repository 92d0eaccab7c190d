// The features that came after the baseline of `npm run check`'s count of lines, so that it compares the same features.

/** The lines of code before the cloud packages got the same files, by the same count. */
export const BASELINE = { commit: '0c0467b', lines: 35261 };

/**
 * The features that came after the baseline, and how the paths of their files begin. Only files that serve such a feature
 * alone are listed; what a feature added to other files counts with these.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const NEWER = {
  'a cache that instances share': [
    'cli/src/commands/store-',
    'cli/src/doctor/store-',
    'cli/src/store/',
    'core/src/cache/store-',
    'core/src/store-contract',
    'store/src/',
    'testing/src/conformance/store',
  ],
  'passwords of databases and brokers': [
    'aws/src/dsql',
    'aws/src/elasticache',
    'aws/src/msk',
    'aws/src/password',
    'aws/src/rds',
    'aws/src/sigv4',
    'azure/src/databases',
    'connect/src/',
    'gcp/src/cloud-sql',
    'testing/src/emulator/aws/database-token',
  ],
  'credex dev': [
    'cli/src/clouds/aws/dev',
    'cli/src/clouds/azure/dev',
    'cli/src/clouds/gcp/dev',
    'cli/src/commands/dev',
    'cli/src/dev/',
    'cli/src/entry/environment-entries',
  ],
  'tokens and credentials for other clients': [
    'core/src/watch',
    'gcp/src/google-auth-library/id-token-client',
    'gcp/src/id-token',
    'testing/src/emulator/gcp/published-keys',
    'testing/src/emulator/gcp/storage/signed-url',
    'testing/src/emulator/gcp/storage/xml-api',
    'vercel/src/platform/vercel-token-provider',
  ],
  'credex init, setup --apply and completion': [
    'cli/src/commands/complet',
    'cli/src/commands/init',
    'cli/src/completion/',
    'cli/src/init/',
    'cli/src/prompts',
    'cli/src/setup/apply',
  ],
  'spans and metrics of OpenTelemetry': ['core/src/opentelemetry'],
  'gates before local databases': ['testing/src/gates'],
  'requests to protected deployments': ['vercel/src/fetch/trusted-source'],
};

/**
 * The lines of code of each feature that came after the baseline.
 * @param {readonly { path: string, code: number }[]} files
 * @returns {readonly { feature: string, code: number, missing: readonly string[] }[]} `missing`: beginnings without a file
 */
export function newerFeatures(files) {
  return Object.entries(NEWER).map(([feature, beginnings]) => {
    const isOf = (path, beginning) => path.startsWith(`packages/${beginning}`);
    return {
      feature,
      code: files
        .filter(({ path }) => beginnings.some((one) => isOf(path, one)))
        .reduce((sum, { code }) => sum + code, 0),
      missing: beginnings.filter((one) => !files.some(({ path }) => isOf(path, one))),
    };
  });
}
