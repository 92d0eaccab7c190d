import { defineHandler } from 'nitro';
import { askClouds } from '../../ask-clouds.mjs';

export default defineHandler(() => askClouds());
