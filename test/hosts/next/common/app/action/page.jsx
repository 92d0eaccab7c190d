import { redirect } from 'next/navigation';
import { askClouds } from '../../ask-clouds.mjs';
import { encode } from '../../encode.js';

async function ask() {
  'use server';
  const answers = await askClouds();
  redirect(`/node?${encodeURIComponent(encode(answers))}`);
}

export default function Page() {
  return (
    <form action={ask}>
      <button>Ask</button>
    </form>
  );
}
