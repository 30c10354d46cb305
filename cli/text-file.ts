/** What stands in a file that was named on the command line. */
import { readFile } from 'node:fs/promises';
import { exits, failure } from './failure.ts';
import { plain } from './output.ts';

/** @throws Error of wrong usage */
export async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const why = isMissing ? 'there is no such file' : error instanceof Error ? error.message : '';
    throw failure(exits.usage, `${plain(file)} cannot be read: ${why}`);
  }
}
