/** A link to a policy: in the fragment, which no browser sends to a server. A token is never part of it. */

export interface Shared {
  readonly cloud: string;
  readonly policies: Readonly<Record<string, string>>;
}

const LONGEST = 16_384;

export function toFragment({ cloud, policies }: Shared): string {
  const fields = new URLSearchParams({ cloud });
  for (const [name, text] of Object.entries(policies)) if (text.trim() !== '') fields.set(name, text);
  return `#${fields}`;
}

export function fromFragment(fragment: string, names: readonly string[]): Shared | undefined {
  if (fragment.length > LONGEST) return undefined;
  const fields = new URLSearchParams(fragment.replace(/^#/, ''));
  const cloud = fields.get('cloud');
  if (cloud === null || !['aws', 'gcp', 'azure'].includes(cloud)) return undefined;
  return { cloud, policies: Object.fromEntries(names.map((name) => [name, fields.get(name) ?? ''])) };
}
