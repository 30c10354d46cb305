/** What a terminal shows: tables, and texts of others without the power to steer it. */

/** Control characters and those that turn the writing round are shown as `�`. @param lines keeps line ends */
export function plain(text: string, lines = false): string {
  const steering = lines ? /[^\P{C}\n]|[\u2028\u2029]/gu : /[\p{C}\u2028\u2029]/gu;
  return text.replace(steering, '�');
}

const letters = new Intl.Segmenter();
const widthOf = (text: string): number => [...letters.segment(text)].length;

/** Columns as wide as what is in them; the last one ends where it ends. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows.map((row) => row.map((cell) => plain(cell)))];
  const widths = head.map((_name, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))));
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          column === head.length - 1 ? cell : `${cell}${' '.repeat((widths[column] ?? 0) - widthOf(cell))}`,
        )
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** Bytes as people read them. */
export function sizeOf(bytes: number): string {
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(0)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
