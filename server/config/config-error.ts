/** What is said when the process cannot start with the settings it was given: all of it at once. */

export interface ConfigProblem {
  /** The variable, e.g. `HTTP_PORT`. */
  readonly name: string;
  /** What it holds, fit to be printed: secrets are masked. */
  readonly holds: string;
  /** What it may hold, or what else is wrong, as the end of a sentence. */
  readonly expected: string;
}

/** Names every wrong variable, what it holds, and what it may hold. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ name, holds, expected }) => `  ${name} is ${holds}: ${expected}.`);
    const count = problems.length === 1 ? 'one setting is wrong' : `${String(problems.length)} settings are wrong`;
    super([`Gatehouse cannot start: ${count}.`, ...lines, 'Run with --help to see every setting.'].join('\n'));
    this.problems = problems;
  }
}

/** Shows a value in an error: quoted and short, or only its length when it is a secret. */
export function shown(value: string, secret: boolean): string {
  if (secret) return `(hidden, ${String(value.length)} characters)`;
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}
