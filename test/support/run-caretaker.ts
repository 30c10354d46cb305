/**
 * The process behind `caretaker.ts`, `run-caretaker.ts <pid of its employer>`: told in lines what to care for; once they
 * end, it ends all of that, and itself.
 */
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { findOwned, stopProcess } from '../../workflows/temporal-owner.ts';
import type { CareOrder, Ward } from './caretaker.ts';

const employer = Number(process.argv[2]);
const wards = new Map<number, Ward>();
for await (const line of createInterface({ input: process.stdin })) {
  const { number, ward } = JSON.parse(line) as CareOrder;
  if (ward === undefined) wards.delete(number);
  else wards.set(number, ward);
}
// Its pipes are closed before it is gone, and whose owner lives is no orphan.
while (process.ppid === employer) await delay(10);
const left = [...wards.values()];
// Told to stop, ours take along what they have started themselves.
await Promise.all(left.flatMap(({ pid }) => (pid === undefined ? [] : [stopProcess(pid)])));
await Promise.all(left.flatMap(({ temporal }) => (temporal === undefined ? [] : [findOwned(temporal)])));
for (const { folder } of left) if (folder !== undefined) await rm(folder, { recursive: true, force: true });
