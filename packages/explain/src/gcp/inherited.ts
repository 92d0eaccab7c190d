/**
 * What a service account inherits: the allow policies of its project and of the folders and the organization above,
 * as `gcloud projects get-iam-policy` prints one, or `gcloud projects get-ancestors-iam-policy` all of them.
 */

import { isObject, member, text } from '../json.js';
import type { Binding } from './members.js';
import { readBindings } from './members.js';

export interface Inherited {
  readonly bindings: readonly Binding[];
  /** Whether these are all: the policy of one resource does not include those above it. */
  readonly isComplete: boolean;
}

/** @param files each one policy, or a list of policies with the resources that they are of */
export function readInherited(files: readonly unknown[]): Inherited {
  return {
    bindings: files.flatMap((file, index) =>
      Array.isArray(file)
        ? file.filter(isObject).flatMap((one) => {
            const [type = 'ancestor', id = ''] = [text(one, 'type'), text(one, 'id')];
            return placed(`${type} ${id}`.trim(), member(one, 'policy'));
          })
        : placed(index === 0 ? 'project policy' : `project policy ${index + 1}`, file),
    ),
    isComplete: files.some((file) => Array.isArray(file)),
  };
}

const placed = (where: string, policy: unknown): readonly Binding[] =>
  readBindings(policy).map((binding) => ({ ...binding, at: `${where}: ${binding.at}`, isInherited: true }));
