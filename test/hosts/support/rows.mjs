// The table: a line for each host, a column for each cloud, success and refusal in each cell.

/** What each cloud answers to a preview token. */
const REFUSALS = { aws: 'access_denied', gcp: 'subject_not_allowed', azure: 'subject_not_allowed' };

export function createRows() {
  const rows = [];
  /** @param {{ host: string, cloud: string, case: 'success' | 'refusal', ok: boolean, detail?: string }} one */
  const row = (one) => {
    rows.push(one);
    if (!one.ok) console.log(`✗ ${one.host}: ${one.cloud}, ${one.case}: ${one.detail ?? ''}`);
  };
  /**
   * The six rows of a host that was asked by `askClouds` (fixture/ask-clouds.mjs) with each token.
   * @param {string} host
   * @param {{ production: object, preview: object } | { stdout: string, stderr: string }} answers Or what a program
   *   (fixture/main.mjs) printed, whose last line has them.
   */
  const clouds = (host, answers) => {
    const { production, preview, nothing } = 'stdout' in answers ? printed(answers) : answers;
    for (const [cloud, code] of Object.entries(REFUSALS)) {
      const detail = (answer) => nothing ?? JSON.stringify(answer);
      const [good, bad] = [production?.[cloud], preview?.[cloud]];
      row({ host, cloud, case: 'success', ok: good?.obtained === true, detail: detail(good) });
      const refused = bad?.isFederationError === true && bad.code === code;
      row({ host, cloud, case: 'refusal', ok: refused, detail: detail(bad) });
    }
  };
  return { rows, row, clouds };
}

function printed({ stdout, stderr }) {
  const last = stdout.trim().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(last);
  } catch {
    return { nothing: `No answers were printed: ${stdout.slice(-2_000)}${stderr.slice(-2_000)}` };
  }
}

const mark = (found) => (found.length === 0 ? '·' : found.every(({ ok }) => ok) ? '✓' : '✗');

/** The table's lines. */
export function table(rows) {
  const hosts = [...new Set(rows.map(({ host }) => host))];
  const columns = [...new Set(['aws', 'gcp', 'azure', ...rows.map(({ cloud }) => cloud)])];
  const width = Math.max(4, ...hosts.map((host) => host.length));
  const cell = (host, cloud) => {
    const of = (which) =>
      mark(rows.filter((one) => one.host === host && one.cloud === cloud && one.case === which));
    return `${of('success')} / ${of('refusal')}`;
  };
  const line = (first, cells) =>
    [first.padEnd(width), ...cells.map((text, at) => text.padEnd(Math.max(5, columns[at].length)))].join(
      '  ',
    );
  return [
    line('host', columns),
    ...hosts.map((host) =>
      line(
        host,
        columns.map((cloud) => cell(host, cloud)),
      ),
    ),
  ];
}
