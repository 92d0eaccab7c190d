import { connection } from 'next/server';
import { Suspense } from 'react';
import { askClouds } from '../../ask-clouds.mjs';
import { encode } from '../../encode.js';

async function Answers() {
  await connection();
  return <p>{encode(await askClouds())}</p>;
}

export default function Page() {
  return (
    <Suspense>
      <Answers />
    </Suspense>
  );
}
