/** Starts what suites start, sends what it is (`pid` of a process, of a Temporal; its folder), and waits to be killed. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { careFor, careForChild } from './caretaker.ts';
import { startTestTemporal } from './temporal.ts';

const idle = join(import.meta.dirname, 'idle.ts');
const [cared, given, temporal] = [fork(idle), fork(idle), await startTestTemporal()];
careForChild(cared);
careFor({ pid: given.pid })();
process.send?.({ cared: cared.pid, given: given.pid, temporal: temporal.pid, folder: temporal.dataDir });
