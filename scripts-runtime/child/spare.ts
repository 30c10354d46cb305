/** One shell ahead of who asks: making one takes as long as running a small script in it. */
import { createShell } from './isolate.ts';
import type { PlaceDeps, Shell } from './isolate.ts';

export interface Spare {
  /** The one that is there where it has that heap, and otherwise a new one. Whoever has it disposes of its isolate. */
  take(deps: PlaceDeps, heapMb: number): Shell;
  /** Makes the next, in the pause between two runs. */
  renew(deps: PlaceDeps, heapMb: number): void;
}

export function createSpare(): Spare {
  let spare: Shell | undefined;

  function drop(): void {
    if (spare?.isolate.isDisposed === false) spare.isolate.dispose();
    spare = undefined;
  }

  return {
    take(deps, heapMb) {
      const taken = spare;
      if (taken?.heapMb === heapMb && !taken.isolate.isDisposed) {
        spare = undefined;
        return taken;
      }
      drop();
      return createShell(deps, heapMb);
    },
    renew(deps, heapMb) {
      drop();
      spare = createShell(deps, heapMb);
    },
  };
}
