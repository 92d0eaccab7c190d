import { askClouds } from '../../ask-clouds.mjs';

export const GET = async () => Response.json(await askClouds());
