// The files that a deployment of each program would have, as adapters ask for them: no options but where the root is.
import { nodeFileTrace } from '@vercel/nft';

const [base, ...programs] = process.argv.slice(2);
const { fileList } = await nodeFileTrace(programs, { base });
console.log(JSON.stringify([...fileList]));
