import { getAwsCredentials } from '@credex/aws';
import { done, input } from './measured.mjs';

done((await getAwsCredentials(input.aws)).accessKeyId);
