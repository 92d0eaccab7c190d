import { upload } from './upload.js';

await upload();
