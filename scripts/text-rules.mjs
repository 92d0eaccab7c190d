// What no linter rule says: how long a file may be, and that nothing switches a check off.

const MOST_LINES = 300;
const MOST_LINES_WITH_REASON = 500;
const REASON = /^(\/\/|\/\*\*?) Longer than 300 lines: \S/;

// In pieces, so that this file keeps its own rule.
const SWITCHES = [
  new RegExp(['@ts', '(ignore|nocheck)\\b'].join('-')),
  new RegExp(['(oxlint|eslint)', 'disable'].join('-')),
];

/** What is wrong with one source file, as `path:line: message`. */
export function textFindings(path, text) {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const findings = [];

  const most = REASON.test(lines[0] ?? '') ? MOST_LINES_WITH_REASON : MOST_LINES;
  if (lines.length > most) {
    const way = most === MOST_LINES ? ', or begin it with `// Longer than 300 lines: <the reason>`' : '';
    findings.push(`${path}:${lines.length}: ${lines.length} lines; ${most} are the most. Split it${way}.`);
  }
  for (const [index, line] of lines.entries()) {
    if (SWITCHES.some((pattern) => pattern.test(line))) {
      findings.push(`${path}:${index + 1}: switches a check off; mend what it says instead.`);
    }
  }
  return findings;
}
