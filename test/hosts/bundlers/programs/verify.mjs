// Imports the verifier alone: says who a token's caller is, or why it is refused.
import { TokenVerificationError, createTokenVerifier } from '@credex/verify';

const verifier = createTokenVerifier(JSON.parse(process.env.HOSTS_VERIFIER));

async function ask(token) {
  try {
    const { environment } = await verifier.verify(token);
    return { obtained: environment === 'production' };
  } catch (error) {
    return {
      isTokenVerificationError: TokenVerificationError.isInstance(error),
      code: error?.code,
      message: String(error),
    };
  }
}

async function main() {
  const { production, preview } = JSON.parse(process.env.HOSTS_TOKENS);
  console.log(JSON.stringify({ production: await ask(production), preview: await ask(preview) }));
  process.exit(0);
}

void main();
