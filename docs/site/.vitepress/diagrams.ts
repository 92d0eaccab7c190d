/** Blocks fenced as `mermaid` become drawings when the site is built: no script of a page draws. */

import { renderMermaidSVG } from 'beautiful-mermaid';

const COLORS = { bg: 'var(--vp-c-bg)', fg: 'var(--vp-c-text-1)', transparent: true };

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/**
 * The first line of the block is its description, as a mermaid comment: `%% Vercel gives …`. Readers of a screen hear it
 * in place of the drawing.
 *
 * @throws Error if there is no description
 */
export function drawn(block: string): string {
  const [, description, drawing] = /^%% (.+)\n([\s\S]+)$/.exec(block) ?? [];
  if (description === undefined || drawing === undefined)
    throw new Error(`A diagram has no description: ${block.slice(0, 60)}`);
  const svg = renderMermaidSVG(drawing, COLORS)
    // The same in every drawing, and with a font of another origin: theme/style.css has it.
    .replace(/<style>[\s\S]*?<\/style>\n?/, '')
    .replace('<svg ', `<svg role="img" aria-label="${escaped(description)}" `);
  return `<div class="diagram" tabindex="0" v-pre>${svg}</div>\n`;
}
