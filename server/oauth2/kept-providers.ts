/** How many providers a process keeps: as many as fit into a share of the memory that it may use. */

/** Of one that has issued a token: its routes, classes and closures, which the engine makes for each, and its clients. */
const providerBytes = 75_000;
/** Of the heap: less on a small machine, and never so much that it is missed elsewhere. */
const share = 1 / 5;
/** What any process keeps; the parts that the process is made of weigh more. */
const fewest = 500;

/** @param heapLimit bytes, as `v8.getHeapStatistics` tells */
export function providersWithin(heapLimit: number): number {
  return Math.max(fewest, Math.floor((heapLimit * share) / providerBytes));
}
