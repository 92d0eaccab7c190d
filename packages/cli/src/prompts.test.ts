import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { EXIT } from './exit-codes.js';
import { terminalPrompts } from './prompts.js';

/** A terminal: what is typed goes to `input`; `mode` is raw while a question is open. */
function terminal() {
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    isRaw: false,
    setRawMode: (isRaw: boolean) => (input.isRaw = isRaw),
  });
  let shown = '';
  const output = new PassThrough().on('data', (chunk: Buffer) => (shown += chunk.toString()));
  return { input, prompts: terminalPrompts(input, output), shown: () => shown };
}

const CURSOR = '\u001b[?25h';
const CANCELLED = { name: 'UsageError', code: 'cancelled', exit: EXIT.interrupted };

it('takes a line, a choice and a yes', async () => {
  const { input, prompts } = terminal();
  const typed = prompts.text('Which team?');
  setImmediate(() => input.write('acme\r'));
  expect(await typed).toBe('acme');
  const chosen = prompts.select('Which cloud?', [
    { value: 'aws', label: 'AWS' },
    { value: 'gcp', label: 'Google Cloud' },
  ]);
  setImmediate(() => input.write('\u001b[B\r'));
  expect(await chosen).toBe('gcp');
  const confirmed = prompts.confirm('Run these commands?');
  setImmediate(() => input.write('y'));
  expect(await confirmed).toBe(true);
});

it.each([
  ['Ctrl-C', (input: PassThrough) => input.write('\u0003')],
  ['Ctrl-D', (input: PassThrough) => input.write('\u0004')],
  ['Escape', (input: PassThrough) => input.write('\u001b')],
  ['the end of the input', (input: PassThrough) => input.end()],
])('%s cancels each kind of question, and gives the cursor back', async (_what, leave) => {
  const questions = [
    (prompts: ReturnType<typeof terminalPrompts>) => prompts.text('Which team?'),
    (prompts: ReturnType<typeof terminalPrompts>) =>
      prompts.select('Which cloud?', [{ value: 'aws', label: 'AWS' }]),
    (prompts: ReturnType<typeof terminalPrompts>) => prompts.confirm('Run these commands?'),
  ];
  for (const question of questions) {
    const { input, prompts, shown } = terminal();
    const answer = question(prompts);
    setImmediate(() => leave(input));
    await expect(answer).rejects.toMatchObject(CANCELLED);
    expect(input.isRaw).toBe(false);
    expect(shown()).toContain(CURSOR);
  }
});
