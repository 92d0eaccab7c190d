import type { SubjectToken } from '@credex/core';
import type { CommandModule, Context } from '../command.js';
import { EXIT } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import { findToken, withTokenOptions } from '../find-token.js';
import type { TokenOptions } from '../find-token.js';
import type { Io } from '../io.js';
import type { Output } from '../output.js';
import { examine } from '../whoami/findings.js';
import type { Issuer } from '../whoami/issuer.js';
import { issuerOf } from '../whoami/issuer.js';
import type { WhoamiReport } from '../whoami/report.js';
import { drawReport } from '../whoami/report.js';
import type { Verdict } from '../whoami/verify.js';

interface WhoamiOptions extends TokenOptions {
  readonly for?: string;
  readonly showToken?: boolean;
  readonly verify?: boolean;
}

export const command: CommandModule = {
  configure: (whoami, act) =>
    withTokenOptions(whoami)
      .option('--for <environment>', 'the environment that the token must have: another one is an error')
      .option(
        '--verify',
        'verify the signature with the published keys of the issuer: sends a request to Vercel',
      )
      .option('--show-token', 'print the token too: until it expires, it is a password')
      .action(act(run)),
};

async function run({ io, output, options }: Context<WhoamiOptions>): Promise<ExitCode> {
  const done = options.local === true ? output.progress('asking Vercel for a token') : undefined;
  const { token, place, passedOver } = await findToken(io, options).finally(done);
  const now = io.clock.now();
  const { claims, expiresAt } = token;
  const issuer = issuerOf(claims.iss);
  const examined = examine({
    token,
    issuer,
    now,
    meant: options.for,
    platform: io.env['VERCEL_TARGET_ENV'] || io.env['VERCEL_ENV'] || undefined,
  });
  const verdict = options.verify === true ? await verified(io, output, token, issuer) : undefined;
  const findings = [...(verdict?.findings ?? []), ...examined];
  const report: WhoamiReport = {
    source: place,
    passedOver,
    issuerMode: issuer.kind,
    claims,
    expiresAt,
    leftMs: expiresAt - now,
    ...(typeof claims.iat === 'number' ? { lifetimeMs: expiresAt - claims.iat * 1000 } : {}),
    ...(verdict === undefined ? {} : { verified: verdict.verified }),
    findings,
    ...(options.showToken === true ? { token: token.jwt } : {}),
  };
  output.print(report, (view) => drawReport(report, view));
  return findings.some(({ severity }) => severity === 'error') ? EXIT.no : EXIT.ok;
}

async function verified(io: Io, output: Output, token: SubjectToken, issuer: Issuer): Promise<Verdict> {
  const { verifySignature } = await import('../whoami/verify.js');
  const done = output.progress("fetching the keys of Vercel's issuer");
  try {
    return await verifySignature(io, token, issuer);
  } finally {
    done();
  }
}
