// What the clients' processes are given, from the emulator of the suite.

/** @param {Awaited<ReturnType<typeof import('../../support/emulated.mjs').startEmulated>>} emulated */
export function prepared({ emulator, urls, options, tokens, names }) {
  const { AWS, AZURE, GCP } = names;
  const secondRole = `arn:aws:iam::${AWS.accountId}:role/orders-writer`;
  emulator.aws.createRole({
    arn: secondRole,
    trustPolicy: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: AWS.roleArn }, Action: 'sts:AssumeRole' }],
    },
    policies: [
      {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['s3:GetObject', 's3:PutObject'],
            Resource: `arn:aws:s3:::${AWS.bucket}/second-role/*`,
          },
        ],
      },
    ],
  });
  return {
    options,
    tokens,
    urls,
    secondRole,
    bucket: AWS.bucket,
    projectId: GCP.projectId,
    account: AZURE.account,
    container: AZURE.container,
    certificate: emulator.serverCertificate,
  };
}
