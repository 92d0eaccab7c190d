import { json } from '@sveltejs/kit';
import { askClouds } from '../../../ask-clouds.mjs';

export const GET = async () => json(await askClouds());
