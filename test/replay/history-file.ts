/** A recorded history as a file: JSON, readable in a diff, with nothing of the machine that recorded it. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import proto from '@temporalio/proto';
import type { History } from '@temporalio/common/lib/proto-utils.js';

const folder = fileURLToPath(new URL('histories', import.meta.url));

export interface RecordedLogin {
  readonly name: string;
  readonly workflowId: string;
  readonly history: History;
}

export async function writeHistory({ name, workflowId, history }: RecordedLogin): Promise<void> {
  const machine = `${String(process.pid)}@${hostname()}`;
  const withoutMachine = (_key: string, value: unknown): unknown =>
    typeof value === 'string' ? value.replaceAll(machine, 'recorder') : value;
  const text = JSON.stringify({ workflowId, history }, withoutMachine, 1);
  await writeFile(join(folder, `${name}.json`), `${text}\n`);
}

export async function readHistories(): Promise<RecordedLogin[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  return await Promise.all(
    files.map(async (file) => {
      // Written by writeHistory above.
      const recorded = JSON.parse(await readFile(join(folder, file), 'utf8')) as {
        workflowId: string;
        history: object;
      };
      const history = proto.temporal.api.history.v1.History.fromObject(recorded.history);
      return { name: basename(file, '.json'), workflowId: recorded.workflowId, history };
    }),
  );
}
