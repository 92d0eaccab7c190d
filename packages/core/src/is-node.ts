interface WithVersions {
  readonly process?: { readonly versions?: Readonly<Record<string, string | undefined>> };
}

const { bun, deno } = (globalThis as WithVersions).process?.versions ?? {};

/**
 * Whether this is Node itself. Bun and Deno load the build for Node as well: a deployment has the files that the
 * condition `node` names, even where Bun then runs it.
 */
export const isNode: boolean = bun === undefined && deno === undefined;
