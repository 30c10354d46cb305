/**
 * A login worker as a process of its own, so that a test can kill it: `run-login-worker.ts <address> <task queue> [claim]`.
 * Of those that share a claim, a folder that is not there yet, the one who is first asked for a first factor makes it,
 * says `taken`, and never answers; the others work.
 */
import { mkdirSync } from 'node:fs';
import { createFakePlatform, type FakePlatform } from './fake-platform.ts';
import { openLoginHouse } from './login-worker.ts';

const [address, taskQueue, claim] = process.argv.slice(2);
if (address === undefined || taskQueue === undefined) throw new Error('wanted: <address> <task queue> [claim]');

function holding(platform: FakePlatform, folder: string): FakePlatform {
  return {
    ...platform,
    async establishPerson(login, move) {
      try {
        mkdirSync(folder);
      } catch {
        return await platform.establishPerson(login, move);
      }
      process.send?.('taken');
      return await new Promise<never>(() => undefined);
    },
  };
}

const platform = createFakePlatform();
await openLoginHouse({
  address,
  taskQueue,
  activities: claim === undefined ? platform : holding(platform, claim),
});
process.send?.('ready');
