import { done } from './measured.mjs';

done('nothing');
