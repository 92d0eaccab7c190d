/** Epoch milliseconds as .NET's round-trip format prints them: seven decimals of a second. */
export function ticks(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '0000Z');
}
