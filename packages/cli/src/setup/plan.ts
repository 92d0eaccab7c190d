/** The result of setup: files to add, commands to run, and notes to read first. */

import { strong } from '../text.js';
import type { View } from '../text.js';
import { UsageError } from '../usage-error.js';

/** One file in one of the formats. */
export interface PlannedFile {
  readonly name: string;
  readonly format: string;
  readonly text: string;
}

/** The document of `--json`. */
export interface Plan {
  readonly files: readonly PlannedFile[];
  /** For a POSIX shell, in order. */
  readonly commands: readonly string[];
  readonly notes: readonly string[];
}

/** The part in `format`: `all`, `cli` (the commands), or the format of a file. */
export function chosen(plan: Plan, format: string): Plan {
  const formats = ['all', 'cli', ...new Set(plan.files.map((file) => file.format))];
  if (!formats.includes(format)) {
    throw new UsageError(
      'invalid_argument',
      `--format must be one of ${formats.join(', ')} for this cloud.`,
      {
        option: '--format',
      },
    );
  }
  if (format === 'all') return plan;
  return {
    ...plan,
    files: plan.files.filter((file) => file.format === format),
    commands: format === 'cli' ? plan.commands : [],
  };
}

/** A single file, or the commands alone, are printed without a heading, so that they can be piped. */
export function drawPlan({ files, commands }: Plan, view: View): string {
  const script = commands.length === 0 ? [] : [{ name: 'commands', text: `${commands.join('\n\n')}\n` }];
  const parts = [...files, ...script];
  if (parts.length === 1) return view.lines(parts[0]?.text ?? '');
  return parts.map(({ name, text }) => `${view.line(strong(`# ${name}`))}\n${view.lines(text)}`).join('\n');
}
