/** Words that belong to one cloud: its hosts and its official packages. */

const WORDS = {
  aws: ['amazonaws.com', 'amazonaws.com.cn', '@aws-sdk/'],
  azure: ['microsoftonline', 'login.chinacloudapi', 'management.azure.com', '@azure/'],
  gcp: ['googleapis.com', 'iamcredentials', 'google-auth-library'],
} as const;

/** Words that must not occur in a package: those of the other clouds, and in a shared package those of every cloud. */
export function foreignTo(packageName: string): readonly string[] {
  return Object.entries(WORDS)
    .filter(([cloud]) => cloud !== packageName)
    .flatMap(([, words]) => words);
}
