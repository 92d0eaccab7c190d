// What no linter rule says: how long a file may be, and that nothing switches a check off.

const MOST_LINES = 300;
const MOST_LINES_WITH_REASON = 500;
const REASON = /^(\/\/|\/\*\*?) Longer than 300 lines: \S/;

// In pieces, so that this file keeps its own rules.
const UNCHECKED = new RegExp(['@ts', '(ignore|nocheck)\\b'].join('-'));
const SWITCH = new RegExp(['(oxlint|eslint)', 'disable'].join('-'));
/** One line, one rule, a reason; the house's own rules have tables instead. */
const REASONED = /disable-(next-)?line (?!credex\/)[\w/-]+ -- \S/;

const switchesOff = (line) => UNCHECKED.test(line) || (SWITCH.test(line) && !REASONED.test(line));

const DOWNLOAD = new RegExp(['^\\s*(tarball|resolved):', 'registry\\.(npmjs|yarnpkg)\\.'].join('|'));

/** Whoever installs has a registry of their own: no file of ours names one, the lockfile included. */
export const addressFindings = (path, text) =>
  text
    .split('\n')
    .flatMap((line, index) =>
      DOWNLOAD.test(line) ? [`${path}:${index + 1}: names where packages come from`] : [],
    );

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
    if (switchesOff(line)) {
      const way =
        'Mend what it says, or switch one rule off for one line: `disable-next-line <rule> -- <reason>`.';
      findings.push(`${path}:${index + 1}: switches a check off. ${way}`);
    }
  }
  return findings;
}
