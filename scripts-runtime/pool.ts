/** The children: kept warm, given to one tenant until they end, replaced before they grow old. */
import type { Child, ChildEnd } from './child-process.ts';

export interface Pool {
  /** A child that is free, of this tenant or of nobody yet. @throws Error when none can be started */
  take(tenant: string): Promise<Child>;
  /** @param reuse false when it is not to run anything any more */
  giveBack(child: Child, reuse: boolean): void;
  /** Starts the first child. @throws Error when it does not start */
  warm(): Promise<void>;
  /** Ends all of them; resolves when they are gone. */
  stop(): Promise<void>;
  readonly size: number;
}

export interface PoolOptions {
  readonly start: () => Promise<Child>;
  readonly children: number;
  readonly runsPerChild: number;
  /** Resident, after which a child is replaced. Megabytes. */
  readonly maxMb: number;
  readonly onEnd: (end: ChildEnd, tenant: string | undefined) => void;
}

interface Member {
  readonly child: Child;
  tenant: string | undefined;
  runs: number;
  free: boolean;
  /** Grown beyond what a child may have: it does what it does, and nothing after that. */
  isLarge: boolean;
}

export function createPool({ start, children, runsPerChild, maxMb, onEnd }: PoolOptions): Pool {
  const members = new Map<Child, Member>();
  let starting = 0;
  let stopped = false;

  async function add(): Promise<Member> {
    starting++;
    try {
      const child = await start();
      const member: Member = { child, tenant: undefined, runs: 0, free: true, isLarge: false };
      members.set(child, member);
      void child.ended.then((end) => {
        members.delete(child);
        if (!stopped && !retired.has(child)) onEnd(end, member.tenant);
      });
      if (stopped) retire(child);
      return member;
    } finally {
      starting--;
    }
  }

  const retired = new WeakSet<Child>();
  function retire(child: Child): void {
    retired.add(child);
    members.delete(child);
    child.kill('killed', 'it has done its work');
  }

  /** A child that nobody has used yet waits for the next tenant: starting one takes longer than running a script. */
  function keepSpare(): void {
    if (stopped || starting > 0 || members.size >= children) return;
    if ([...members.values()].some(({ tenant }) => tenant === undefined)) return;
    add().catch(() => undefined);
  }

  /** While nobody waits for it: what a run came to is told before its process has been looked at. */
  async function measure(member: Member): Promise<void> {
    const mb = await member.child.residentMb();
    if (mb === undefined || mb <= maxMb) return;
    member.isLarge = true;
    if (!member.free) return;
    retire(member.child);
    keepSpare();
  }

  /** What crossed from a script into its process would find the next script there: so the next one is the same tenant's. */
  function freeFor(tenant: string): Member | undefined {
    const free = [...members.values()].filter((member) => member.free);
    return free.find((member) => member.tenant === tenant) ?? free.find((member) => member.tenant === undefined);
  }

  return {
    async warm() {
      await add();
    },
    async take(tenant) {
      if (stopped) throw new Error('the runtime stops');
      let member = freeFor(tenant);
      if (!member) {
        const idle = [...members.values()].find(({ free }) => free);
        if (idle && members.size + starting >= children) retire(idle.child);
        member = await add();
      }
      member.free = false;
      member.tenant = tenant;
      keepSpare();
      return member.child;
    },
    giveBack(child, reuse) {
      const member = members.get(child);
      if (!member) return;
      member.runs++;
      if (!reuse || member.isLarge || member.runs >= runsPerChild) retire(child);
      else {
        member.free = true;
        void measure(member);
      }
      keepSpare();
    },
    async stop() {
      stopped = true;
      const all = [...members.keys()];
      for (const child of all) child.kill('killed', 'the runtime stops');
      await Promise.all(all.map(({ ended }) => ended));
    },
    get size() {
      return members.size;
    },
  };
}
