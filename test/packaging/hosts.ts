/** Words that belong to one cloud: its hosts and its official packages. */

const WORDS = {
  aws: ['amazonaws.com', 'amazonaws.com.cn', '@aws-sdk/'],
  azure: ['microsoftonline', 'login.chinacloudapi', 'management.azure.com', '@azure/'],
  gcp: ['googleapis.com', 'iamcredentials', 'google-auth-library'],
} as const;

/** Words of the other clouds have no place in a cloud's package, and of no cloud in the rooms that all share. */
export function foreignTo(room: string): readonly string[] {
  return Object.entries(WORDS)
    .filter(([cloud]) => cloud !== room)
    .flatMap(([, words]) => words);
}
