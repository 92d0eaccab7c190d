import { readFile, readdir } from 'node:fs/promises';
import { extname } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { awsCredentialsProvider } from '@credex/aws';
import { githubActionsTokenSource } from '@credex/vercel';

const FOLDER = new URL('public/', import.meta.url);
/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

/**
 * Uploads the files of `public` with the identity of this job. The options are for another token service than GitHub's and
 * another STS than AWS's: local.js has both.
 *
 * @param {{
 *   github?: import('@credex/vercel').GithubActionsTokenSourceOptions,
 *   sts?: { endpoint?: string, allowLoopbackHttp?: boolean },
 * }} [options]
 */
export async function upload({ github, sts } = {}) {
  const tokenSource = githubActionsTokenSource({
    audience: 'sts.amazonaws.com',
    // A job of another repository or branch ends here, before anything is sent.
    expectClaims: { repository_id: '123456', ref: 'refs/heads/main' },
    ...github,
  });
  const s3 = new S3Client({ credentials: awsCredentialsProvider({ tokenSource, ...sts }) });
  for (const Key of await readdir(FOLDER)) {
    const Body = await readFile(new URL(Key, FOLDER));
    await s3.send(
      new PutObjectCommand({ Bucket: process.env.BUCKET, Key, Body, ContentType: TYPES[extname(Key)] }),
    );
    console.log(`uploaded ${Key}, ${Body.length} bytes`);
  }
}
