/** How much of one costly kind of work goes on at once, so that no tenant keeps the others from theirs. */
import { PlatformError } from '../kernel/errors.ts';

export interface LaneBounds {
  /** Works that are let in, running or waiting. */
  readonly most: number;
  /** Of one owner. */
  readonly mostOfOne: number;
}

export interface Gate {
  /** @throws PlatformError `unavailable` while it is full, before any of the work is done */
  run<T>(owner: string, work: () => Promise<T>): Promise<T>;
}

/** Refuses what would be too many. @param message of the refusal */
export function createGate({ most, mostOfOne }: LaneBounds, message: string): Gate {
  const inside = new Map<string, number>();
  let all = 0;
  const count = (owner: string, by: number): void => {
    all += by;
    const own = (inside.get(owner) ?? 0) + by;
    if (own === 0) inside.delete(owner);
    else inside.set(owner, own);
  };
  return {
    async run(owner, work) {
      if (all >= most || (inside.get(owner) ?? 0) >= mostOfOne)
        throw new PlatformError('unavailable', message, { retryAfterSeconds: 5 });
      count(owner, 1);
      try {
        return await work();
      } finally {
        count(owner, -1);
      }
    },
  };
}

export interface Lanes {
  /** Waits until it is the owner's turn: one of each at a time, in the order they came. */
  run<T>(owner: string, work: () => Promise<T>): Promise<T>;
}

/** Lets what was let in wait for each other. @param lanes that go on at once, of so many owners */
export function createLanes(lanes: number): Lanes {
  const running = new Set<string>();
  const waiting: { readonly owner: string; readonly go: () => void }[] = [];
  const next = (): void => {
    if (running.size >= lanes) return;
    const at = waiting.findIndex(({ owner }) => !running.has(owner));
    const [one] = at < 0 ? [] : waiting.splice(at, 1);
    if (one === undefined) return;
    running.add(one.owner);
    one.go();
  };
  return {
    async run(owner, work) {
      await new Promise<void>((go) => {
        waiting.push({ owner, go });
        next();
      });
      try {
        return await work();
      } finally {
        running.delete(owner);
        next();
      }
    },
  };
}
