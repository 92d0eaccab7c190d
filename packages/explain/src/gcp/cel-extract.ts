/**
 * Google's own addition to CEL: `'a/b/c'.extract('a/{middle}/c')` is `'b'`; the empty string where the template
 * does not match. https://cloud.google.com/iam/docs/conditions-attribute-reference#extract
 */
export function extract(value: string, template: string): string {
  const parts = /^([^{}]*)\{[^{}]*\}([^{}]*)$/.exec(template);
  if (parts === null) throw new Error('extract: the template needs exactly one {name}');
  const [, before = '', after = ''] = parts;
  const found = value.indexOf(before);
  if (found < 0) return '';
  const start = found + before.length;
  const end = after === '' ? value.length : value.indexOf(after, start);
  return end < 0 ? '' : value.slice(start, end);
}
