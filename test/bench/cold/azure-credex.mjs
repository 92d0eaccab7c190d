import { getAzureCredentials } from '@credex/azure';
import { done, input } from './measured.mjs';

done((await getAzureCredentials(input.azure)).token);
