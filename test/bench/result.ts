/** What a bench found: numbers, the bare provider's beside them, and the bar each has to reach; as a table and as JSON. */

/** On the value itself, or on the ratio to what it is compared with. */
export type Bar =
  | { readonly of: 'ratio' | 'value'; readonly atLeast: number }
  | { readonly of: 'ratio' | 'value'; readonly atMost: number };

export interface Result {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Of the bare provider; where a line has no part in it, of the platform as it is without what is measured. */
  readonly bare?: number | undefined;
  /** The median over the rounds of ours by theirs: not quite `value` by `bare`, which are medians of their own. */
  readonly ratio?: number | undefined;
  readonly bar?: Bar;
}

/** Undefined where there is no bar. */
export function isMet({ value, ratio, bar }: Result): boolean | undefined {
  if (bar === undefined) return undefined;
  const found = bar.of === 'ratio' ? (ratio ?? Number.NaN) : value;
  return 'atLeast' in bar ? found >= bar.atLeast : found <= bar.atMost;
}

function shown(value: number | undefined): string {
  if (value === undefined) return '–';
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function barText({ unit, bar }: Result): string {
  if (bar === undefined) return '–';
  const limit = 'atLeast' in bar ? `≥ ${String(bar.atLeast)}` : `≤ ${String(bar.atMost)}`;
  return bar.of === 'ratio' ? `ratio ${limit}` : `${limit} ${unit}`;
}

export function table(results: readonly Result[]): string {
  const rows = results.map((result) => [
    result.name,
    shown(result.value),
    result.unit,
    shown(result.bare),
    result.ratio === undefined ? '–' : result.ratio.toFixed(2),
    barText(result),
    { true: 'met', false: 'MISSED', undefined: '–' }[String(isMet(result)) as 'true' | 'false' | 'undefined'],
  ]);
  const lines = [['name', 'value', 'unit', 'bare', 'ratio', 'bar', 'verdict'], ...rows];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  const isNumber = (column: number): boolean => [1, 3, 4].includes(column);
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `{"name": {"value", "unit", "ratio"}}`; `ratio` is null where nothing was compared. */
export function toJson(results: readonly Result[]): string {
  const entries = results.map(({ name, value, unit, ratio }) => [name, { value, unit, ratio: ratio ?? null }]);
  return `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`;
}
