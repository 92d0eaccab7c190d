// What a page would do: it has no token, and none of its own to find.
import { askClouds } from './ask-clouds.mjs';

globalThis.answers = askClouds();
