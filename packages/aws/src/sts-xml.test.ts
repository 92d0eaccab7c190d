import { describe, expect, it } from 'vitest';
import { thrownBy } from './aws.fixture.js';
import { parseXml } from './sts-xml.js';

describe('the XML of STS', () => {
  it.each<[string, object]>([
    ['<a/>', { a: '' }],
    ['<a></a>', { a: '' }],
    ['<a >x</a >', { a: 'x' }],
    ['<a><b>1</b>\n <c/></a>\n', { a: { b: '1', c: '' } }],
    ['<a><b>1</b><b>2</b><b>3</b></a>', { a: { b: ['1', '2', '3'] } }],
    [`<?xml version='1.0' encoding='utf-8'?>\n<a xmlns="https://x/'" y:z='"'>x</a>`, { a: 'x' }],
    ['<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x1F600;</a>', { a: `<>&"'A😀` }],
    ['<__proto__><constructor>x</constructor></__proto__>', JSON.parse('{"__proto__":{"constructor":"x"}}')],
  ])('%s', (source, members) => {
    // By JSON, since the elements have no prototype.
    expect(JSON.stringify(parseXml(source))).toBe(JSON.stringify(members));
  });

  it.each([
    '',
    ' ',
    'text',
    '<a>',
    '</a>',
    '</>',
    '<a/><a/>',
    '<a/><b/>',
    '<a/>text',
    'text<a/>',
    '<a><b></a></b>',
    '<a></A>',
    '<a>text<b/></a>',
    '<a',
    '< a/>',
    '<1/>',
    '<x:a/>',
    '<a b/>',
    '<a b=c/>',
    '<a b="<"/>',
    '<a b="\'/>',
    '<a b=">"/>',
    '<a>&nbsp;</a>',
    '<a>&</a>',
    '<a>&amp</a>',
    '<a>&#0;</a>',
    '<a>&#xD800;</a>',
    '<a>&#x110000;</a>',
    '<a>&constructor;</a>',
    '<!-- --><a/>',
    '<a><!-- --></a>',
    '<a><![CDATA[x]]></a>',
    '<a><?php ?></a>',
    '<!DOCTYPE a><a/>',
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    '<?xml version="1.0"?><?xml version="1.0"?><a/>',
    '{"a":1}',
  ])('refuses %j', (source) => {
    expect(thrownBy(() => parseXml(source))).toBeInstanceOf(SyntaxError);
  });

  it.each<[string, string]>([
    ['deep', '<a>'.repeat(100_000)],
    ['deep and whole', '<a>'.repeat(17) + '</a>'.repeat(17)],
    ['of open brackets', '<'.repeat(262_144)],
    ['of closed brackets', '>'.repeat(262_144)],
    ['of ampersands', `<a>${'&'.repeat(200_000)}</a>`],
    ['a tag of spaces', `<a${' '.repeat(262_000)}`],
    ['tags of spaces', `<a${' '.repeat(2_000)}b`.repeat(128)],
    ['tags of attributes', `<a${' b="c"'.repeat(300)} d>`.repeat(100)],
  ])('refuses a body %s, and soon', (_what, source) => {
    const start = performance.now();
    expect(thrownBy(() => parseXml(source))).toBeInstanceOf(SyntaxError);
    // Anything quadratic takes minutes.
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it('reads many elements in one pass', () => {
    const source = `<a>${'<b>x</b>'.repeat(30_000)}</a>`;
    expect(parseXml(source)).toMatchObject({ a: { b: { length: 30_000 } } });
  });
});
