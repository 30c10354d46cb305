/** How much memory a process has resident: one file of the system's, found once and read from its beginning ever after. */
import { readSync } from 'node:fs';
import { open, readFile, type FileHandle } from 'node:fs/promises';

export interface Resident {
  /** Megabytes of 2^20 bytes; undefined where the system does not say, or the process is gone. */
  mb(): Promise<number | undefined>;
  /** Once the process has ended. */
  close(): void;
}

/** Of the file, which says what is looked for in its first lines. Bytes. */
const readAtOnce = 2048;

/** @param pid of the outermost process: those around the innermost one only wait, and it is there by the first look */
export function residentOf(pid: number | undefined): Resident {
  let found: Promise<FileHandle | undefined> | undefined;
  let isClosed = false;
  const buffer = Buffer.alloc(readAtOnce);
  // A process that took its number later has another file: this one says then that nobody is there.
  const find = async (): Promise<FileHandle | undefined> => {
    if (pid === undefined) return undefined;
    const inner = await readFile(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8');
    return open(`/proc/${inner.trim() || String(pid)}/status`);
  };

  return {
    async mb() {
      if (isClosed) return undefined;
      found ??= find().catch(() => undefined);
      try {
        const file = await found;
        if (file === undefined) return undefined;
        // The kernel makes it up: there is no disk to wait for, and the way to another thread and back takes longer.
        const status = buffer.toString('latin1', 0, readSync(file.fd, buffer, 0, readAtOnce, 0));
        const kb = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
        return kb === undefined ? undefined : Number(kb) / 1024;
      } catch {
        return undefined;
      }
    },
    close() {
      isClosed = true;
      void found?.then((file) => file?.close()).catch(() => undefined);
    },
  };
}
