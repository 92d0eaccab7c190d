import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { awsCredentialsProvider } from '@credex/aws';

const s3 = new S3Client({ region: 'eu-west-1', credentials: awsCredentialsProvider() });

export async function files(): Promise<(string | undefined)[]> {
  const Bucket = 'shop-dev';
  await s3.send(new PutObjectCommand({ Bucket, Key: 'order', Body: 'pears' }));
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  return Contents.map(({ Key }) => Key);
}
