/** What is wrong with settings one by one, as a failed start tells it. */
import type { z } from 'zod';
import { shown, type ConfigProblem } from './config-error.ts';
import type { Gathered, Table } from './sources.ts';

/** A default that is wrong only because the variable it is made of is wrong is not worth a line. */
export function problemsIn(error: z.ZodError, table: Table, { values, given }: Gathered): readonly ConfigProblem[] {
  return error.issues.flatMap((issue) => {
    const name = String(issue.path[0]);
    const holds = shown(values[name] ?? '', table.get(name)?.secret ?? false);
    return given.has(name) ? [{ name, holds, expected: issue.message }] : [];
  });
}
