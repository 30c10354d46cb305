/** A login worker as a process of its own, so that a test can kill it: `run-login-worker.ts <address> <task queue>`. */
import { createFakePlatform } from './fake-platform.ts';
import { openLoginHouse } from './login-worker.ts';

const [address, taskQueue] = process.argv.slice(2);
if (address === undefined || taskQueue === undefined) throw new Error('wanted: <address> <task queue>');
await openLoginHouse({ address, taskQueue, activities: createFakePlatform() });
process.send?.('ready');
