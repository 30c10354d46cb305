/** Who is next: tenants take turns, none of them has everything, and none may wait without end. */

export interface FairQueue {
  /** Resolves when it is the tenant's turn, with what gives the turn back; undefined when its queue is full or closed. */
  enter(tenant: string): Promise<(() => void) | undefined>;
  /** Nobody enters any more, and who waits is sent away. */
  close(): void;
  /** Resolves when everybody who was let in has left. */
  idle(): Promise<void>;
}

export interface FairQueueOptions {
  /** Let in at once. */
  readonly places: number;
  /** Of one tenant. */
  readonly placesPerTenant: number;
  readonly waitingPerTenant: number;
}

type Turn = (leave: (() => void) | undefined) => void;

export function createFairQueue({ places, placesPerTenant, waitingPerTenant }: FairQueueOptions): FairQueue {
  /** In the order of their turns: whose turn it was goes to the end. */
  const waiting = new Map<string, Turn[]>();
  const inside = new Map<string, number>();
  let taken = 0;
  let closed = false;
  let whenIdle: (() => void)[] = [];

  function leaver(tenant: string): () => void {
    taken++;
    inside.set(tenant, (inside.get(tenant) ?? 0) + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      taken--;
      const others = (inside.get(tenant) ?? 1) - 1;
      if (others === 0) inside.delete(tenant);
      else inside.set(tenant, others);
      letIn();
      if (taken > 0) return;
      for (const tell of whenIdle) tell();
      whenIdle = [];
    };
  }

  function letIn(): void {
    while (taken < places) {
      const next = [...waiting].find(([tenant]) => (inside.get(tenant) ?? 0) < placesPerTenant);
      if (!next) return;
      const [tenant, turns] = next;
      const turn = turns.shift();
      waiting.delete(tenant);
      if (turns.length > 0) waiting.set(tenant, turns);
      turn?.(leaver(tenant));
    }
  }

  return {
    enter(tenant) {
      const turns = waiting.get(tenant) ?? [];
      if (closed || turns.length >= waitingPerTenant) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        turns.push(resolve);
        waiting.set(tenant, turns);
        letIn();
      });
    },
    close() {
      closed = true;
      const sent = [...waiting.values()].flat();
      waiting.clear();
      for (const turn of sent) turn(undefined);
    },
    idle: () => (taken === 0 ? Promise.resolve() : new Promise((resolve) => whenIdle.push(resolve))),
  };
}
