// Words that this project no longer uses, and what stands in their place. Only prose is read (comments, texts, Markdown
// without its code): an identifier, a code such as `target_not_found` or a wire value may be spelled the same.
import ts from 'typescript-5';

/** Each pattern with its replacement. */
export const RETIRED = [
  [/(?<!in |in-|single |single-)\bflights?\b(?! of stairs)/i, 'refresh, or a refresh in flight'],
  [/\b(depart(s|ed|ing|ure)?|boarded|boarding)\b/i, 'start, join'],
  [/\b(landing|landed)\b/i, 'settle, result'],
  [/\b(troubles?|urgent hold|rejected overlay)\b/i, 'backoff, delay'],
  [/\b((?<!-)slots?|what is held|held credentials?|is held|are held)\b/i, 'cache entry, cached credential'],
  [/\bpatien(ce|tly|t)\b/i, 'deadline'],
  [/\banew\b/i, 'again'],
  [/\bbeside\b/i, 'next to, in the background, besides'],
  [/\bnobody\b/i, 'no one, or name the subject'],
  [/\bforeign\b/i, 'of another identity, third-party'],
  [/\belsewhere\b/i, 'say where'],
  [/\blast place\b/i, 'CLI fallback'],
  [/\b(complaints?|wish(es)?)\b/i, 'issue, request'],
  [/\b(witness(es)?|furniture|teeth|joints?|the books|the desk)\b/i, 'see the glossary in ARCHITECTURE.md'],
  [/\b(rooms?|doors?)\b/i, 'package or folder, interface'],
  [/\bin earnest\b/i, 'leave it out'],
  [/\bto be had\b/i, 'available'],
  [/\bof its own\b/i, 'its own, separate'],
  [/\bby name\b/i, 'leave it out, or say which name'],
  [
    /\bpartition(s|ed)?\b/i,
    'identity key',
    /^(?!.*(aws|arn|region|iam|sts|dynamodb|explain|presigned|--partition))/i,
  ],
];

/** Where a text is quoted from others, or is data: recorded responses, public policies, other projects' files. */
const QUOTED = [
  /^test\/recorded\//,
  // Records that quote the old words.
  /^docs\/decisions\/001[78]-/,
  /lock\.(yaml|json)$/,
  /^scripts\/retired-words\.mjs$/,
  /^test\/packaging\/arrows\.test\.ts$/,
];

/** What is wrong with one file, as `path:line: message`. */
export function wordFindings(path, text) {
  if (QUOTED.some((pattern) => pattern.test(path))) return [];
  const passages = path.endsWith('.md') ? markdown(text) : source(text);
  return passages.flatMap(({ line, prose }) =>
    RETIRED.flatMap(([pattern, instead, paths]) => {
      const [found] = pattern.exec(prose) ?? [];
      if (
        found === undefined ||
        (paths !== undefined && !paths.test(`${path} ${prose.replaceAll('\n', ' ')}`))
      )
        return [];
      return [`${path}:${line}: "${found}" is a retired word: ${instead}`];
    }),
  );
}

/** Lines of Markdown, without blocks and spans of code and without quotations. */
function markdown(text) {
  let fenced = false;
  return text.split('\n').flatMap((line, at) => {
    if (/^\s*(```|~~~)/.test(line)) {
      fenced = !fenced;
      return [];
    }
    return fenced || line.startsWith('>') ? [] : [{ line: at + 1, prose: withoutCode(line) }];
  });
}

/** Comments and literal texts of a source file. */
function source(text) {
  const passages = [];
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, false, ts.LanguageVariant.Standard, text);
  const add = (from, prose) => {
    for (const [n, line] of prose.split('\n').entries())
      passages.push({ line: lineAt(text, from) + n, prose: withoutCode(line) });
  };
  /** Open templates: how many braces are open inside the expression of each. */
  const templates = [];
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    if (kind === ts.SyntaxKind.OpenBraceToken && templates.length > 0) templates[templates.length - 1] += 1;
    if (kind === ts.SyntaxKind.CloseBraceToken && templates.length > 0) {
      if (templates.at(-1) === 0) {
        kind = scanner.reScanTemplateToken(false);
        if (kind === ts.SyntaxKind.TemplateTail) templates.pop();
      } else templates[templates.length - 1] -= 1;
    }
    if (kind === ts.SyntaxKind.TemplateHead) templates.push(0);
    if (kind === ts.SyntaxKind.SlashToken || kind === ts.SyntaxKind.SlashEqualsToken)
      kind = scanner.reScanSlashToken();
    if (PROSE.has(kind)) add(scanner.getTokenStart(), proseOf(kind, scanner.getTokenText()));
  }
  return passages;
}

const TEMPLATES = [
  ts.SyntaxKind.NoSubstitutionTemplateLiteral,
  ts.SyntaxKind.TemplateHead,
  ts.SyntaxKind.TemplateMiddle,
  ts.SyntaxKind.TemplateTail,
];

const PROSE = new Set([
  ts.SyntaxKind.SingleLineCommentTrivia,
  ts.SyntaxKind.MultiLineCommentTrivia,
  ts.SyntaxKind.StringLiteral,
  ...TEMPLATES,
]);

/** A template without the marks around it, where backticks inside are escaped. */
const proseOf = (kind, text) =>
  TEMPLATES.includes(kind)
    ? text
        .replace(/^[`}]/, '')
        .replace(/(`|\$\{)$/, '')
        .replaceAll('\\`', '`')
    : text;

const withoutCode = (line) => line.replace(/(`+)(?!`).*?\1/g, ' ');

const lineAt = (text, position) => text.slice(0, position).split('\n').length;
