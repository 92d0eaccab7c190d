// What a page would do: it has no token, and no source to read one from.
import { askClouds } from './ask-clouds.mjs';

globalThis.answers = askClouds();
