import { askClouds } from '../../ask-clouds.mjs';
import { encode } from '../../encode.js';

/** Rendered by the build, which has no token. */
export default async function Page() {
  return <p>{encode(await askClouds())}</p>;
}
