/** `arn:partition:service:region:account:resource`; undefined where it isn't one. */
export interface Arn {
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  readonly resource: string;
}

export function parseArn(text: string): Arn | undefined {
  const [prefix, partition, service, region, account, ...rest] = text.split(':');
  const resource = rest.join(':');
  if (
    prefix !== 'arn' ||
    !partition ||
    !service ||
    region === undefined ||
    account === undefined ||
    !resource
  ) {
    return undefined;
  }
  return { partition, service, region, account, resource };
}

export interface RoleArn {
  readonly arn: string;
  readonly partition: string;
  readonly account: string;
  /** The last segment: the path is no part of a session's ARN. */
  readonly name: string;
}

/** An IAM role's ARN, with or without a path. */
export function parseRoleArn(text: string): RoleArn | undefined {
  const arn = parseArn(text);
  const resource =
    arn === undefined ? null : /^role\/(?:[\x21-\x7e]*\/)?([\w+=,.@-]{1,64})$/.exec(arn.resource);
  if (arn?.service !== 'iam' || arn.region !== '' || !/^\d{12}$/.test(arn.account) || resource === null) {
    return undefined;
  }
  return { arn: text, partition: arn.partition, account: arn.account, name: resource[1] as string };
}

/** A session's ARN: of service `sts`, and without the role's path. */
export const sessionArn = (role: RoleArn, sessionName: string): string =>
  `arn:${role.partition}:sts::${role.account}:assumed-role/${role.name}/${sessionName}`;
