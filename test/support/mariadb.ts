/** One throw-away MariaDB for a process that runs tests, with which it goes: its own folder and port. */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import type { RowDataPacket } from 'mysql2/promise';
import { careFor, careForChild } from './caretaker.ts';
import { freePort } from './free-port.ts';

export interface MariaDb {
  /** `mysql://…` without a database. */
  readonly url: string;
  readonly version: string;
}

function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

async function versionAt(url: string): Promise<string> {
  const connection = await createConnection(url);
  const [rows] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
  await connection.end();
  return String(rows[0]?.['version']);
}

async function answering(url: string, server: ChildProcess, said: () => string): Promise<string> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    if (server.exitCode !== null) throw new Error(`mariadbd ended with ${String(server.exitCode)}: ${said()}`);
    try {
      return await versionAt(url);
    } catch {
      await sleep(100);
    }
  }
  throw new Error(`mariadbd does not answer: ${said()}`);
}

interface Programs {
  readonly server: string;
  readonly install: string;
}

/** @returns the programs that start one, or a sentence that says which are missing */
function programs(): Programs | string {
  const server = findProgram('mariadbd');
  const install = findProgram('mariadb-install-db');
  if (server === undefined) return 'mariadbd is not installed (Debian: mariadb-server) and TEST_MYSQL_URL is not set';
  if (install === undefined) return 'mariadb-install-db is not installed and TEST_MYSQL_URL is not set';
  return { server, install };
}

/** @returns one sentence why there can be none here, undefined when there can */
export function whyNoMariaDb(): string | undefined {
  if (process.env['TEST_MYSQL_URL'] !== undefined) return undefined;
  const found = programs();
  return typeof found === 'string' ? found : undefined;
}

/** The server of TEST_MYSQL_URL, else one of its own. */
export async function startMariaDb(): Promise<MariaDb> {
  const given = process.env['TEST_MYSQL_URL'];
  if (given !== undefined) {
    const url = new URL(given);
    url.pathname = '/';
    return { url: url.href, version: await versionAt(url.href) };
  }
  const found = programs();
  if (typeof found === 'string') throw new Error(found);
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-mariadb-'));
  careFor({ folder });
  // MariaDB refuses to run as root unless told to.
  const user = userInfo().uid === 0 ? ['--user=root'] : [];
  const data = join(folder, 'data');
  // As it starts, one throws away what it takes for its own leftovers, which are another's that starts beside it.
  const ownTemporary = [`--tmpdir=${folder}`];
  await promisify(execFile)(found.install, [
    '--no-defaults',
    ...user,
    `--datadir=${data}`,
    ...ownTemporary,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
  ]);
  const port = await freePort();
  const server = spawn(
    found.server,
    [
      '--no-defaults',
      ...user,
      `--datadir=${data}`,
      ...ownTemporary,
      `--socket=${join(folder, 's')}`,
      `--port=${String(port)}`,
      '--bind-address=127.0.0.1',
      '--skip-networking=0',
      // Durability against power cuts is nothing a test can see.
      '--innodb-flush-log-at-trx-commit=0',
      '--loose-innodb-flush-method=nosync',
      '--innodb-doublewrite=0',
      '--loose-sync-frm=0',
      '--innodb-buffer-pool-size=64M',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let output = '';
  server.stderr.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-4000);
  });
  careForChild(server);
  const url = `mysql://root@127.0.0.1:${String(port)}/`;
  return { url, version: await answering(url, server, () => output) };
}
