/** What a script said on its console: secrets struck out, and no more of it than is kept. */
import type { Redaction } from './redaction.ts';
import type { ConsoleLine } from './run.ts';

export interface ConsoleKeeper {
  add(level: ConsoleLine['level'], text: string): void;
  readonly lines: readonly ConsoleLine[];
  readonly truncated: boolean;
}

/** @param maxBytes of all lines together, an end of line after each */
export function createConsoleKeeper(maxBytes: number, redaction: Redaction): ConsoleKeeper {
  const lines: ConsoleLine[] = [];
  let left = maxBytes;
  let truncated = false;
  return {
    add(level, text) {
      if (truncated) return;
      // Before it is cut: half a secret would not be found.
      const hidden = redaction.hideText(text);
      const bytes = Buffer.from(hidden);
      truncated = bytes.length + 1 > left;
      const kept = truncated ? bytes.toString('utf8', 0, left) : hidden;
      if (kept !== '') lines.push({ level, text: kept });
      left -= bytes.length + 1;
    },
    lines,
    get truncated() {
      return truncated;
    },
  };
}
