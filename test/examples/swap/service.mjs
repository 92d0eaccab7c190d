// A service that reads an order from wherever the orders are. No word of a cloud: the configuration says which.
import { createCredentials } from 'credex';

const credentials = createCredentials();

export async function GET() {
  const answer = await fetch(await credentials.authorize(process.env.ORDER_URL));
  return new Response(await answer.text(), { status: answer.status });
}
