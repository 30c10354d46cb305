/** Where the text of a variable comes from: a flag, the environment, a file for a secret, or its default. */
import { readFileSync } from 'node:fs';
import type { ConfigProblem } from './config-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A line of the table of settings. */
export interface About {
  /** As text, or undefined when unset means something of its own, which `unset` then says. `{NAME}` stands for another variable. */
  readonly fallback?: string;
  readonly unset?: string;
  readonly doc: string;
  /** Never printed, refused on the command line, and may be given as `NAME_FILE`. */
  readonly secret?: boolean;
}

export type Table = ReadonlyMap<string, About>;

export interface Gathered {
  readonly values: Readonly<Record<string, string>>;
  /** Names of the variables that somebody set; the others are at their defaults. */
  readonly given: ReadonlySet<string>;
  readonly problems: readonly ConfigProblem[];
}

type Source = { readonly value: string | undefined } | { readonly problem: ConfigProblem };

/** `--http-port=80` becomes HTTP_PORT; words without dashes and `--help` belong to the caller. */
function readFlags(argv: readonly string[], table: Table): { flags: Map<string, string>; problems: ConfigProblem[] } {
  const flags = new Map<string, string>();
  const problems: ConfigProblem[] = [];
  for (const argument of argv) {
    if (!argument.startsWith('--') || argument === '--help') continue;
    const [, flag = argument, value] = /^--([a-z0-9-]+)=(.*)$/s.exec(argument) ?? [];
    const name = flag.toUpperCase().replaceAll('-', '_');
    const about = table.get(name);
    const shownFlag = argument.split('=')[0] ?? argument;
    if (value === undefined || about === undefined) {
      problems.push({ name: shownFlag, holds: 'no flag', expected: 'flags are settings: --http-port=8080' });
    } else if (about.secret) {
      const expected = `everybody on the machine can read flags: use ${name} or ${name}_FILE`;
      problems.push({ name: shownFlag, holds: '(hidden)', expected });
    } else flags.set(name, value);
  }
  return { flags, problems };
}

/** An empty variable counts as unset: that is what a compose file passes for one that nobody filled in. */
function given(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === '' ? undefined : value;
}

function readSecret(env: Environment, name: string): Source {
  const value = given(env, name);
  const file = given(env, `${name}_FILE`);
  if (file === undefined) return { value };
  const at = { name: `${name}_FILE`, holds: JSON.stringify(file) };
  if (value !== undefined) return { problem: { ...at, expected: `${name} is set too; keep one of them` } };
  try {
    return { value: readFileSync(file, 'utf8').replace(/\r?\n$/, '') };
  } catch {
    return { problem: { ...at, expected: 'it may hold the path of a file that can be read' } };
  }
}

/** Gathers every variable's text; nothing is judged here but whether it can be read. */
export function gather(table: Table, env: Environment, argv: readonly string[]): Gathered {
  const { flags, problems } = readFlags(argv, table);
  const values: Record<string, string> = {};
  for (const [name, about] of table) {
    const source: Source = about.secret ? readSecret(env, name) : { value: flags.get(name) ?? given(env, name) };
    if ('problem' in source) problems.push(source.problem);
    else if (source.value !== undefined) values[name] = source.value;
  }
  const setByHand = new Set(Object.keys(values));
  for (const [name, { fallback }] of table) {
    if (values[name] !== undefined || fallback === undefined) continue;
    values[name] = fallback.replace(/\{([A-Z_]+)\}/g, (_, other: string) => values[other] ?? '');
  }
  return { values, given: setByHand, problems };
}
