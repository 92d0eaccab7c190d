/** The result of `credex whoami`: the JSON document, and its text. */

import type { SubjectToken } from '@credex/core';
import type { FoundToken } from '../find-token.js';
import type { TokenPlace } from '../token-places.js';
import type { Piece, Tone, View } from '../text.js';
import { bad, dim, good, strong, toned } from '../text.js';
import { table } from '../table.js';
import { duration, instant } from './durations.js';
import type { Finding, Severity } from './findings.js';
import type { IssuerKind } from './issuer.js';
import { shown } from '../visible.js';

/** The document of `--json`. Times are epoch milliseconds; claims are as in the token. */
export interface WhoamiReport {
  readonly source: TokenPlace;
  /** Expired tokens that would have come first. */
  readonly passedOver: FoundToken['passedOver'];
  readonly issuerMode: IssuerKind;
  readonly claims: SubjectToken['claims'];
  readonly expiresAt: number;
  /** Below 0: expired. */
  readonly leftMs: number;
  /** From `iat` to `exp`; omitted without `iat`. */
  readonly lifetimeMs?: number;
  /** Only with `--verify`. */
  readonly verified?: boolean;
  readonly findings: readonly Finding[];
  /** Only with `--show-token`. */
  readonly token?: string;
}

const FIRST = ['sub', 'iss', 'aud', 'owner', 'owner_id', 'project', 'project_id', 'environment'];
const TIMES = new Set(['exp', 'iat', 'nbf', 'nfb']);
const TONES: Readonly<Record<Severity, Tone>> = { error: 'bad', warning: 'warning', note: 'dim' };

export function drawReport(report: WhoamiReport, view: View): string {
  const { claims } = report;
  const names = [
    ...FIRST.filter((name) => name in claims),
    ...Object.keys(claims)
      .filter((name) => !FIRST.includes(name))
      .sort(),
  ];
  const facts: Piece[][] = names.map((name) => [dim(shown(name)), shownClaim(name, claims[name])]);
  const summary: Piece[][] = [
    [dim('from'), report.source.description],
    ...report.passedOver.map(({ place }): Piece[] => [dim('skipped'), `${place.description}: expired`]),
    [dim('issuer mode'), report.issuerMode],
    [dim('left'), left(report)],
    ...(report.verified === undefined
      ? []
      : [[dim('signature'), report.verified ? good('verified') : bad('not verified')]]),
  ];
  const sections = [table(view, summary), [view.line(strong('claims')), table(view, facts)].join('\n')];
  if (report.findings.length > 0) {
    const rows = report.findings.map(({ severity, code, message, fix }): Piece[] => [
      toned(TONES[severity])(severity),
      fix === undefined ? `${message} (${code})` : `${message} ${fix} (${code})`,
    ]);
    sections.push([view.line(strong('findings')), table(view, rows)].join('\n'));
  }
  if (report.token !== undefined)
    sections.push([view.line(strong('token')), view.line(report.token)].join('\n'));
  return sections.join('\n\n');
}

function left({ leftMs, lifetimeMs }: WhoamiReport): Piece {
  const of = lifetimeMs === undefined ? '' : ` of ${duration(lifetimeMs)}`;
  return leftMs > 0 ? good(`${duration(leftMs)}${of}`) : bad(`nothing${of}: expired ${duration(leftMs)} ago`);
}

function shownClaim(name: string, value: unknown): string {
  if (TIMES.has(name) && typeof value === 'number') return `${value}  ${instant(value * 1000) ?? ''}`.trim();
  return shown(typeof value === 'string' ? value : JSON.stringify(value));
}
