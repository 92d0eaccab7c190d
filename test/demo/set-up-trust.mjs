// Least privilege: each cloud trusts only the production environment of one project.
import { AUDIENCE, AWS, AZURE, DATABASE, GCP, PRODUCTION_SUBJECT } from './names.mjs';

/** @param {import('@credex/testing/emulator').Emulator} emulator */
export function setUpTrust(emulator) {
  const issuer = emulator.issuer.url({ mode: 'team', team: 'acme' });
  trustOnAws(emulator.aws, issuer);
  trustOnGoogleCloud(emulator.gcp, issuer);
  trustOnAzure(emulator.azure, issuer);
}

function trustOnAws(aws, issuer) {
  const host = issuer.slice('https://'.length);
  aws.createOpenIdConnectProvider({ accountId: AWS.accountId, url: issuer, clientIds: [AUDIENCE] });
  aws.createRole({
    arn: AWS.roleArn,
    trustPolicy: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::${AWS.accountId}:oidc-provider/${host}` },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: { StringEquals: { [`${host}:aud`]: AUDIENCE, [`${host}:sub`]: PRODUCTION_SUBJECT } },
        },
      ],
    },
    policies: [
      {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['s3:GetObject', 's3:PutObject'],
            Resource: `arn:aws:s3:::${AWS.bucket}/*`,
          },
          { Effect: 'Allow', Action: 's3:ListBucket', Resource: `arn:aws:s3:::${AWS.bucket}` },
          { Effect: 'Allow', Action: 'rds-db:connect', Resource: `${DATABASE.resource}/${DATABASE.user}` },
        ],
      },
    ],
  });
  aws.createBucket({ name: AWS.bucket, accountId: AWS.accountId, region: AWS.region });
}

function trustOnGoogleCloud(gcp, issuer) {
  const { projectNumber, workloadIdentityPoolId: poolId, workloadIdentityPoolProviderId: providerId } = GCP;
  gcp.createPool({ projectNumber, poolId });
  gcp.createProvider({
    projectNumber,
    poolId,
    providerId,
    issuerUri: issuer,
    allowedAudiences: [AUDIENCE],
    attributeMapping: { 'google.subject': 'assertion.sub' },
    attributeCondition: "assertion.environment == 'production'",
  });
  const pool = `principal://iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/${poolId}`;
  gcp.createServiceAccount({
    email: GCP.serviceAccountEmail,
    bindings: [
      { role: 'roles/iam.workloadIdentityUser', members: [`${pool}/subject/${PRODUCTION_SUBJECT}`] },
    ],
  });
  gcp.createBucket({
    name: GCP.bucket,
    bindings: [{ role: 'roles/storage.objectUser', members: [`serviceAccount:${GCP.serviceAccountEmail}`] }],
  });
}

function trustOnAzure(azure, issuer) {
  const { tenantId, clientId } = AZURE;
  azure.createTenant({ tenantId });
  azure.createApplication({
    tenantId,
    clientId,
    federatedCredentials: [
      { name: 'vercel-production', issuer, subject: PRODUCTION_SUBJECT, audience: AUDIENCE },
    ],
  });
  azure.createStorageAccount({
    name: AZURE.account,
    tenantId,
    containers: [AZURE.container],
    roleAssignments: [{ clientId, role: 'Storage Blob Data Contributor' }],
  });
}
