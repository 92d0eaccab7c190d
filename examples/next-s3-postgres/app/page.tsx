import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { awsCredentialsProvider } from '@credex/aws';
import { revalidatePath } from 'next/cache';
import { connection } from 'next/server';

const s3 = new S3Client({ credentials: awsCredentialsProvider() });
const Bucket = process.env.BUCKET;

async function addFile(form: FormData) {
  'use server';
  const Key = `note-${Date.now()}.txt`;
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: String(form.get('text') ?? '') }));
  revalidatePath('/');
}

export default async function Files() {
  // Rendered for each request: a build has no token.
  await connection();
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  return (
    <main>
      <h1>{`${Contents.length} files in ${Bucket}`}</h1>
      <ul>
        {Contents.map(({ Key, Size }) => (
          <li key={Key}>{`${Key}, ${Size} bytes`}</li>
        ))}
      </ul>
      <form action={addFile}>
        <label>
          Text <input name="text" />
        </label>
        <button>Save to S3</button>
      </form>
    </main>
  );
}
