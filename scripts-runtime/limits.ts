/** How much of the machine a script may have: what it gets unless said, and what nobody gets more of. */

export interface Limits {
  /** Of the source, and of what is compiled from it. Bytes. */
  readonly sourceBytes: number;
  /** From one suspension to the next. Milliseconds. */
  readonly cpuMs: number;
  /** From one suspension to the next, waiting for answers included. Milliseconds. */
  readonly wallMs: number;
  /** Megabytes of 2^20 bytes. */
  readonly heapMb: number;
  /** In the whole login, slices before included. */
  readonly fetches: number;
  /** For one fetch, its redirects included. Milliseconds. */
  readonly fetchMs: number;
  readonly fetchBytes: number;
  readonly consoleBytes: number;
}

const mb = 1024 * 1024;

export const defaultLimits: Limits = {
  sourceBytes: 256 * 1024,
  cpuMs: 200,
  wallMs: 5_000,
  heapMb: 32,
  fetches: 10,
  fetchMs: 2_000,
  fetchBytes: mb,
  consoleBytes: 64 * 1024,
};

export const hardLimits: Limits = {
  sourceBytes: mb,
  cpuMs: 2_000,
  wallMs: 20_000,
  heapMb: 128,
  fetches: 50,
  fetchMs: 10_000,
  fetchBytes: mb,
  consoleBytes: 64 * 1024,
};

/** Below it V8 cannot make a context. */
const leastHeapMb = 8;

/** @returns the defaults with what was asked for, nothing of it above its hard cap */
export function limitsOf(asked: Partial<Limits> = {}): Limits {
  const within = (name: keyof Limits): number => {
    const value = asked[name] ?? defaultLimits[name];
    return Number.isFinite(value) ? Math.max(0, Math.min(Math.floor(value), hardLimits[name])) : defaultLimits[name];
  };
  return {
    sourceBytes: within('sourceBytes'),
    cpuMs: Math.max(1, within('cpuMs')),
    wallMs: Math.max(1, within('wallMs')),
    heapMb: Math.max(leastHeapMb, within('heapMb')),
    fetches: within('fetches'),
    fetchMs: within('fetchMs'),
    fetchBytes: within('fetchBytes'),
    consoleBytes: within('consoleBytes'),
  };
}

/** What holds whatever is asked for: each of these bounds what a hostile child can make this process keep. */
export const bounds = {
  /** One message from a child, and one to it. */
  frameFromChildBytes: 4 * mb,
  frameToChildBytes: 16 * mb,
  /** Host calls of every kind in a login. */
  calls: 400,
  /** Host calls that wait for their answer at once. */
  callsAtOnce: 32,
  /** What a script sends with one host call. */
  requestBytes: 256 * 1024,
  /** What a script returns, its effects included. */
  outputBytes: 256 * 1024,
  effects: 200,
  /** What a login gives to a script. */
  inputBytes: 512 * 1024,
  tapeBytes: 2 * mb,
  /** Of an answer that stays on the tape; longer ones are spilled. */
  inlineAnswerBytes: 32 * 1024,
} as const;
