import { askClouds } from '../../ask-clouds.mjs';

export default defineEventHandler(() => askClouds());
