// Horizontal bars in groups, as an SVG that a README shows on light and dark pages.

const WIDTH = 760;
const LABEL = 270;
const BAR = 16;
const GAP = 4;
const HEAD = 26;

const escaped = (text) => text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);

/** @param {readonly { group: string, label: string, value: number, ours: boolean }[]} bars */
export function plot(title, bars) {
  const most = Math.max(...bars.map(({ value }) => value));
  const scale = (WIDTH - LABEL - 60) / most;
  const lines = [`<text x="0" y="16" font-weight="bold">${escaped(title)}</text>`];
  let y = 24;
  let group;
  for (const bar of bars) {
    if (bar.group !== group) {
      group = bar.group;
      y += HEAD;
      lines.push(`<text x="0" y="${y - 8}" font-style="italic">${escaped(group)}</text>`);
    }
    const width = Math.max(1, bar.value * scale);
    lines.push(
      `<text x="${LABEL - 8}" y="${y + 12}" text-anchor="end">${escaped(bar.label)}</text>`,
      `<rect x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" fill="${bar.ours ? '#2f7ed8' : '#9aa4ad'}"/>`,
      `<text x="${(LABEL + width + 6).toFixed(1)}" y="${y + 12}">${bar.value.toFixed(0)}</text>`,
    );
    y += BAR + GAP;
  }
  const style = 'text { font-family: system-ui, sans-serif; font-size: 12px; fill: #57606a }';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 8}" role="img" aria-label="${escaped(title)}">\n<style>${style}</style>\n${lines.join('\n')}\n</svg>\n`;
}
