// The features that came after the baseline of `npm run check`'s count of lines, so that it compares the same features.

/** The lines of code before the cloud packages got the same files, by the same count. */
export const BASELINE = { commit: '0c0467b', lines: 35261 };

/**
 * The features that came after the baseline.
 * - `files`: how the paths of the files begin that serve the feature alone. They count as they are now.
 * - `commits`: the commits that added the feature.
 * - `inOthers`: the lines that these commits added to other files, less those that they removed there. What a commit made
 *   simpler on the way is subtracted, and what was fixed later is not in it. `node scripts/measure-newer-features.mjs` measures it
 *   from the history of git; it was last measured at d30f674.
 * @type {Readonly<Record<string, { files: readonly string[], commits: readonly string[], inOthers: number }>>}
 */
export const NEWER = {
  'a cache that instances share': {
    files: [
      'cli/src/commands/store-',
      'cli/src/doctor/store-',
      'cli/src/store/',
      'core/src/cache/store-',
      'core/src/store-contract',
      'store/src/',
      'testing/src/conformance/store',
    ],
    commits: ['994d0c8', '0f7fc5e', '7a894b4'],
    inOthers: 128,
  },
  'passwords of databases and brokers': {
    files: [
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
    commits: ['604e8e2', '528f371', '49a72f0', 'c3e26dc'],
    inOthers: 37,
  },
  'credex dev': {
    files: [
      'cli/src/clouds/aws/dev',
      'cli/src/clouds/azure/dev',
      'cli/src/clouds/gcp/dev',
      'cli/src/commands/dev',
      'cli/src/dev/',
      'cli/src/entry/environment-entries',
    ],
    commits: ['95ffb20', '2767ad5'],
    inOthers: 114,
  },
  'tokens and credentials for other clients': {
    files: [
      'core/src/watch',
      'gcp/src/google-auth-library/id-token-client',
      'gcp/src/id-token',
      'testing/src/emulator/gcp/published-keys',
      'testing/src/emulator/gcp/storage/signed-url',
      'testing/src/emulator/gcp/storage/xml-api',
      'vercel/src/platform/vercel-token-provider',
    ],
    commits: ['aec7fd6', 'a1c1248', 'c470a3e', '8aa1552'],
    inOthers: 314,
  },
  'credex init, setup --apply and completion': {
    files: [
      'cli/src/commands/complet',
      'cli/src/commands/init',
      'cli/src/completion/',
      'cli/src/init/',
      'cli/src/prompts',
      'cli/src/setup/apply',
    ],
    commits: ['c2c26c2'],
    inOthers: 96,
  },
  'spans and metrics of OpenTelemetry': {
    files: ['core/src/opentelemetry'],
    commits: ['4a75234'],
    inOthers: 0,
  },
  'gates before local databases': {
    files: ['testing/src/gates'],
    commits: ['fa30a11'],
    inOthers: 29,
  },
  'requests to protected deployments': {
    files: ['vercel/src/fetch/trusted-source'],
    commits: ['d74e160'],
    inOthers: 39,
  },
  'role chains': {
    files: [
      'aws/src/check-hops',
      'aws/src/classify-hop-error',
      'aws/src/role-',
      'explain/src/aws/explain-chain',
      'explain/src/aws/hop-',
      'explain/src/aws/judge-hop',
      'explain/src/aws/request-problems',
      'explain/src/aws/role-session',
      'explain/src/aws/session-policies',
      'explain/src/aws/session-tags',
      'testing/src/emulator/aws/sts/requested-tags',
    ],
    commits: ['5009b67', '2b49035'],
    inOthers: 433,
  },
  'startEmulator({ seed })': {
    files: [],
    commits: ['a82874a'],
    inOthers: 107,
  },
  'wrapped notes and progress of slow steps': {
    files: [],
    commits: ['b094d06'],
    inOthers: 50,
  },
};

const isOf = (path, beginning) => path.startsWith(`packages/${beginning}`);

/** True for a file that serves newer features alone. */
export const isOfNewerFeature = (path) =>
  Object.values(NEWER).some(({ files }) => files.some((one) => isOf(path, one)));

/**
 * The lines of code of each feature that came after the baseline.
 * @param {readonly { path: string, code: number }[]} sources
 * @returns {readonly { feature: string, own: number, inOthers: number, missing: readonly string[] }[]} `own`: in files that
 * serve it alone; `missing`: beginnings without a file
 */
export function newerFeatures(sources) {
  return Object.entries(NEWER).map(([feature, { files, inOthers }]) => ({
    feature,
    own: sources
      .filter(({ path }) => files.some((one) => isOf(path, one)))
      .reduce((sum, { code }) => sum + code, 0),
    inOthers,
    missing: files.filter((one) => !sources.some(({ path }) => isOf(path, one))),
  }));
}
