// An application as it is deployed: no endpoint, no setting of a test. Asks each cloud when a line comes on standard input, and
// prints one line for each answer. `STORAGE`: the bucket.
import { createInterface } from 'node:readline';
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { BlobServiceClient } from '@azure/storage-blob';
import { awsCredentialsProvider } from '@credex/aws';
import { azureCredentialsProvider } from '@credex/azure';
import { googleAuthClient } from '@credex/gcp/google-auth-library';
import { Storage } from '@google-cloud/storage';

const { STORAGE = '', AWS_ROLE_ARN, GCP_PROJECT_NUMBER, AZURE_CLIENT_ID } = process.env;

const clouds = {
  async aws() {
    const s3 = new S3Client({ region: 'eu-west-1', credentials: awsCredentialsProvider() });
    await s3.send(new PutObjectCommand({ Bucket: STORAGE, Key: 'order', Body: 'one' }));
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: STORAGE }));
    return Contents.map(({ Key }) => Key);
  },
  async gcp() {
    const storage = new Storage({ projectId: 'acme-prod', authClient: googleAuthClient() });
    await storage.bucket(STORAGE).file('order').save('one', { resumable: false });
    const [files] = await storage.bucket(STORAGE).getFiles();
    return files.map(({ name }) => name);
  },
  async azure() {
    const account = STORAGE.replaceAll('-', '');
    const blobs = new BlobServiceClient(
      `https://${account}.blob.core.windows.net`,
      azureCredentialsProvider({ scopes: 'https://storage.azure.com/.default' }),
      { retryOptions: { maxTries: 1 } },
    );
    const blob = blobs.getContainerClient(STORAGE).getBlockBlobClient('order');
    await blob.upload('one', 3);
    return [(await blob.downloadToBuffer()).toString() === 'one' ? 'order' : 'another'];
  },
  /** Whatever else a program connects with. */
  async fetch() {
    const response = await fetch('https://sts.eu-west-1.amazonaws.com/', { redirect: 'manual' });
    return [response.headers.get('location')];
  },
};

async function ask() {
  const wanted = { aws: AWS_ROLE_ARN, gcp: GCP_PROJECT_NUMBER, azure: AZURE_CLIENT_ID, fetch: AWS_ROLE_ARN };
  const answers = {};
  for (const [name, call] of Object.entries(clouds))
    if (wanted[name]) answers[name] = await call().catch(({ code, message }) => code ?? message);
  console.log(`answers ${JSON.stringify(answers)}`);
}

console.log(`ready ${process.pid}`);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'end') process.exit(7);
  await ask();
}
