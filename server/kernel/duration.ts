/** Durations as the management APIs write them: Go's notation, `1h0m0s`; also `30d` on the way in. */

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Parses `1h30m`, `45s`, `250ms`, `30d`.
 * @returns milliseconds, or undefined when the text is no duration
 */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount = '0', unit = 's'] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) {
    total += Number(amount) * (unitMs[unit] ?? 0);
  }
  return Math.round(total);
}

/** Formats milliseconds as Go prints them: `48h0m0s`, `1m30s`, `0s`, `250ms`. */
export function formatDuration(ms: number): string {
  if (ms > 0 && ms < 1000) return `${String(ms)}ms`;
  const seconds = (ms % 60_000) / 1000;
  const minutes = Math.floor(ms / 60_000) % 60;
  const hours = Math.floor(ms / 3_600_000);
  if (hours > 0) return `${String(hours)}h${String(minutes)}m${String(seconds)}s`;
  return minutes > 0 ? `${String(minutes)}m${String(seconds)}s` : `${String(seconds)}s`;
}
