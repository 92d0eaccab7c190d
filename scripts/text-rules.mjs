// Rules that no linter has: the maximum length of a file, and no comment that turns off a check.

export const MOST_LINES = 300;
const MOST_LINES_WITH_REASON = 500;
const REASON = /^(\/\/|\/\*\*?) Longer than 300 lines: \S/;

// Split into pieces, so that this file does not violate its own rules.
const UNCHECKED = new RegExp(['@ts', '(ignore|nocheck)\\b'].join('-'));
const SWITCH = new RegExp(['(oxlint|eslint)', 'disable'].join('-'));
/** Turning off one rule on one line needs a reason. The project's own rules have tables instead. */
const REASONED = /disable-(next-)?line (?!credex\/)[\w/-]+ -- \S/;

const switchesOff = (line) => UNCHECKED.test(line) || (SWITCH.test(line) && !REASONED.test(line));

const DOWNLOAD = new RegExp(['^\\s*(tarball|resolved):', 'registry\\.(npmjs|yarnpkg)\\.'].join('|'));

/** Users may have their own registry, so no file, including the lockfile, may name one. */
export const addressFindings = (path, text) =>
  text
    .split('\n')
    .flatMap((line, index) =>
      DOWNLOAD.test(line) ? [`${path}:${index + 1}: contains the address of a package registry`] : [],
    );

/** The findings in one source file, as `path:line: message`. */
export function textFindings(path, text) {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const findings = [];

  const most = REASON.test(lines[0] ?? '') ? MOST_LINES_WITH_REASON : MOST_LINES;
  if (lines.length > most) {
    const way = most === MOST_LINES ? ', or begin it with `// Longer than 300 lines: <the reason>`' : '';
    findings.push(`${path}:${lines.length}: ${lines.length} lines; the limit is ${most}. Split it${way}.`);
  }
  for (const [index, line] of lines.entries()) {
    if (switchesOff(line)) {
      const way =
        'Fix the finding, or turn off one rule for one line: `disable-next-line <rule> -- <reason>`.';
      findings.push(`${path}:${index + 1}: turns off a check. ${way}`);
    }
  }
  return findings;
}
