import { getGcpCredentials } from '@credex/gcp';
import { done, input } from './measured.mjs';

done((await getGcpCredentials(input.gcp)).accessToken);
