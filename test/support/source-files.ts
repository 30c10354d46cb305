/** The files of this tree, for tests about the tree itself. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './cruise.ts';

export const sourceRooms = ['server', 'workflows', 'plugins', 'migrations', 'templates', 'scripts-runtime', 'cli'];

export interface SourceFile {
  /** From the root of the project, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** @param pattern a glob below each room */
export function filesOf(rooms: readonly string[], pattern: string): readonly SourceFile[] {
  return rooms
    .filter((room) => existsSync(join(projectRoot, room)))
    .flatMap((room) => globSync(`${room}/${pattern}`, { cwd: projectRoot }))
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(projectRoot, path), 'utf8') }));
}
