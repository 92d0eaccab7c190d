import { execFileSync } from 'node:child_process';
import { parse } from '@cdktn/hcl2json';
import { describe, expect, it } from 'vitest';
import { runInMemory } from '../memory-io.fixture.js';
import { block, hclFile, template } from './hcl.js';
import { bicepString, celString, hclString, shellWord } from './quote.js';

const NAMES = ['--team', 'acme', '--project', 'shop', '--environment', 'production'];
const AWS = ['setup', 'aws', ...NAMES, '--account-id', '123456789012'];
const GCP = ['setup', 'gcp', ...NAMES, '--google-project', 'acme-prod', '--google-project-number', '1'];
const AZURE = ['setup', 'azure', ...NAMES];
const MANAGED = [...AZURE, '--identity', 'managed', '--resource-group', 'rg', '--location', 'westeurope'];

const GOOGLE_AUDIENCE =
  '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/vercel/providers/vercel';

const HOSTILE = [
  '$(id)',
  '`id`',
  'a;id',
  "a'b",
  'a"b',
  '${path.module}',
  '%{if true}',
  'a\nb',
  'a\u202eb',
  '\u001b[31m',
  'a,b',
  '../a',
  '-a',
  'A B',
  '*',
  'ä',
  '',
];

describe('hostile values', () => {
  const options: readonly (readonly [readonly string[], string])[] = [
    ...[
      '--team',
      '--team-id',
      '--project',
      '--project-id',
      '--environment',
      '--audience',
      '--issuer-mode',
    ].map((option) => [AWS, option] as const),
    ...['--account-id', '--partition'].map((option) => [AWS, option] as const),
    ...['--google-project', '--google-project-number', '--pool', '--provider', '--service-account'].map(
      (option) => [GCP, option] as const,
    ),
    ...['--identity', '--client-id'].map((option) => [AZURE, option] as const),
    ...['--identity-name', '--resource-group', '--location'].map((option) => [MANAGED, option] as const),
    ...['--format'].map((option) => [AWS, option] as const),
  ];

  it.each(options)('%s: %s refuses each with exit 2 and prints none raw', async (argv, option) => {
    for (const value of HOSTILE) {
      const { exit, stdout, stderr } = await runInMemory([...argv, `${option}=${value}`], {
        terminal: 80,
        env: { NO_COLOR: '1' },
      });
      expect([value, exit, stdout]).toEqual([value, 2, '']);
      expect(stderr).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    }
  });

  it.each([
    [AWS, '--role-name', ['-x', '=ls', '$(id)', '`id`', "a'b", 'a b', 'a\nb', 'a/b', 'x'.repeat(65)]],
    [AZURE, '--display-name', ['$(id)', '`id`', "a'b", 'a"b', 'a\nb', '${a}', 'x'.repeat(121)]],
  ])('%j: %s refuses what is no name', async (argv, option, values) => {
    for (const value of values) expect((await runInMemory([...argv, option, value])).exit).toBe(2);
  });
});

describe('misuse', () => {
  it.each([
    ['no team', AWS.filter((word) => !['--team', 'acme'].includes(word)), 'missing_option'],
    [
      'no environment',
      AWS.filter((word) => !['--environment', 'production'].includes(word)),
      'missing_argument',
    ],
    ["Google's default audience in another cloud", [...AWS, '--audience', GOOGLE_AUDIENCE], 'invalid_option'],
    ['no account', ['setup', 'aws', ...NAMES], 'missing_option'],
    ['one id without the other', [...AWS, '--team-id', 'team_acme'], 'missing_argument'],
    [
      'the global issuer by names, where ids can be compared',
      [...GCP, '--issuer-mode', 'global'],
      'missing_argument',
    ],
    [
      'an audience that the global issuer has not',
      [...AWS, '--issuer-mode', 'both', '--audience', 'x'],
      'conflicting_arguments',
    ],
    ['a subject too long for Google', [...GCP, '--project', 'p'.repeat(100)], 'missing_argument'],
    ['a format of another cloud', [...GCP, '--format', 'bicep'], 'invalid_argument'],
    ['an option of the other identity', [...AZURE, '--location', 'westeurope'], 'conflicting_arguments'],
    [
      'a provider id that is too long for the second issuer',
      [
        ...GCP,
        '--team-id',
        'team_a',
        '--project-id',
        'prj_a',
        '--issuer-mode',
        'both',
        '--provider',
        'p'.repeat(30),
      ],
      'invalid_option',
    ],
  ])('%s', async (_what, argv, code) => {
    const { exit, json } = await runInMemory([...argv, '--json']);
    expect(exit).toBe(2);
    expect(json()).toMatchObject({ error: { code } });
  });

  it('more federated credentials than an identity can have', async () => {
    const environments = Array.from({ length: 11 }, (_, at) => ['--environment', `e${at}`]).flat();
    expect((await runInMemory([...AZURE, ...environments])).exit).toBe(0);
    const { exit, stderr } = await runInMemory([...AZURE, ...environments, '--issuer-mode', 'both']);
    expect(exit).toBe(2);
    expect(stderr).toContain('24 federated credentials are needed');
  });
});

describe('several things that are missing or wrong', () => {
  const NAMELESS = ['--team', '--project', '--environment'];
  it.each([
    ['aws', ['--partition', 'AWS'], [...NAMELESS, '--account-id', '--partition']],
    [
      'gcp',
      ['--pool', 'x', '--audience', '*', '--issuer-mode', 'both', '--provider', 'gcp-x'],
      [
        '--team',
        '--project',
        '--environment',
        '--audience',
        '--google-project',
        '--google-project-number',
        '--pool',
        '--team-id',
        '--provider',
      ],
    ],
    [
      'azure',
      ['--identity', 'managed', '--client-id', 'x', '--display-name', 'y', '--format', 'policy'],
      [...NAMELESS, '--client-id', '--display-name', '--resource-group', '--location', '--format'],
    ],
    ['azure', ['--identity', 'other', '--team-id', 'x'], [...NAMELESS, '--team-id', '--identity']],
  ])('%s %j: all are named in one run', async (cloud, argv, options) => {
    const { exit, json } = await runInMemory(['setup', cloud, ...argv, '--json']);
    expect(exit).toBe(2);
    const { error } = json() as { error: { code: string; problems: { option: string }[] } };
    expect(error.code).toBe('several_problems');
    expect(error.problems.map(({ option }) => option)).toEqual(options);
  });

  it('have one line each', async () => {
    const { stdout, stderr } = await runInMemory(['setup', 'aws']);
    expect(stdout).toBe('');
    const [first, ...lines] = stderr.trim().split('\n');
    expect(first).toBe('error: 4 things are missing or wrong: (several_problems)');
    expect(lines.map((line) => /--[\w-]+/.exec(line)?.[0])).toEqual([...NAMELESS, '--account-id']);
  });
});

describe("Google's default audience", () => {
  it.each([GOOGLE_AUDIENCE, `https:${GOOGLE_AUDIENCE}`])(
    '%s is what the provider accepts',
    async (audience) => {
      const { exit, stdout, stderr } = await runInMemory([...GCP, '--audience', audience, '--format', 'cli']);
      expect(exit).toBe(0);
      expect(stdout).toMatch(new RegExp(`--allowed-audiences '?${audience}'?`));
      expect(stderr).toContain(`pass \`audience: '${audience}'\``);
    },
  );

  it('of another provider is pointed out', async () => {
    const { stderr } = await runInMemory([...GCP, '--pool', 'other', '--audience', GOOGLE_AUDIENCE]);
    expect(stderr).toContain('names another provider');
  });
});

describe('what is printed', () => {
  it('is the bare text where one format is asked for, with the notes on standard error', async () => {
    const { stdout, stderr } = await runInMemory([...AWS, '--format', 'policy']);
    expect(JSON.parse(stdout)).toMatchObject({ Version: '2012-10-17' });
    expect(stderr).toContain('note: The role has no permissions yet');
    expect((await runInMemory([...GCP, '--format', 'cli'])).stdout).toMatch(/^gcloud iam /);
  });

  it('says what each environment lets in, what a rename breaks and what the global issuer adds', async () => {
    const notes = async (argv: readonly string[]): Promise<string> => (await runInMemory(argv)).stderr;
    const more = ['--environment', 'preview', '--environment', 'development', '--issuer-mode', 'both'];
    expect(await notes([...AWS, ...more])).toMatch(
      /renamed.*share the global issuer.*preview:.*development:/s,
    );
    expect(await notes(AWS)).not.toMatch(/preview|development|share the global issuer/);
  });

  it('warns of a trust policy beyond the quota', async () => {
    const environments = Array.from({ length: 30 }, (_, at) => [
      '--environment',
      `custom-environment-${at}`,
    ]).flat();
    expect((await runInMemory([...AWS, ...environments])).stderr).toContain('the default quota is 2048');
  });

  it('grants only chosen environments, once each', async () => {
    const { stdout } = await runInMemory([...AWS, '--environment', 'production', '--format', 'policy']);
    expect(stdout.match(/environment:/g)).toHaveLength(1);
    expect(stdout).not.toContain('*');
  });
});

describe('quoting', () => {
  const TEXTS = [...HOSTILE.filter((text) => !/\p{Cc}/u.test(text)), "'", '\\', '\\"', '$', 'a\\', '!x'];

  it('hands each text to a shell as it is', () => {
    const words = TEXTS.map(shellWord).join(' ');
    const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${words}`], { encoding: 'utf8' });
    expect(printed.split('\0').slice(0, -1)).toEqual(TEXTS);
  });

  it('hands each text to Terraform as it is, and interpolates references alone', async () => {
    const text = hclFile([
      block('locals', [], Object.fromEntries(TEXTS.map((each, at) => [`t${at}`, each]))),
    ]);
    const { locals } = (await parse('t.tf', text)) as { locals: [Record<string, string>] };
    // The parser leaves the escape of a template as it is written.
    const read = TEXTS.map((_, at) => locals[0][`t${at}`]?.replaceAll(/([$%])\1\{/g, '$1{'));
    expect(read).toEqual(TEXTS);
    expect(() => hclString('$${a}')).toThrow(TypeError);
    expect(hclFile([block('locals', [], { a: template('${x}/', { hcl: 'y.z' }) })])).toContain(
      '"$${x}/${y.z}"',
    );
  });

  it('refuses what would begin a new line', () => {
    for (const quote of [shellWord, hclString, celString, bicepString]) {
      expect(() => quote('a\nb')).toThrow(TypeError);
      expect(() => quote('a\u0000')).toThrow(TypeError);
    }
  });

  it('closes strings of CEL and Bicep only where they end', () => {
    expect(celString("a'b\\")).toBe("'a\\'b\\\\'");
    expect(bicepString("a'${b}\\")).toBe("'a\\'\\${b}\\\\'");
  });
});
