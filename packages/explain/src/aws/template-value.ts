/** What a template computes when it is deployed: CloudFormation's functions, and `${…}` in an ARN. */

import { isObject } from '../json.js';

/** `{"Ref": …}`, `{"Fn::Sub": …}` and their like. */
export const isIntrinsic = (value: unknown): boolean => {
  const [name, ...rest] = isObject(value) ? Object.keys(value) : [];
  return name !== undefined && rest.length === 0 && /^(?:Ref|Fn::\w+)$/.test(name);
};

/** In an ARN there are no policy variables. */
export const hasPlaceholder = (arn: string): boolean => /\$\{[^}]*\}/.test(arn);
