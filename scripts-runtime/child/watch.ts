/** Watches over an isolate that runs: its time on the processor, its time altogether, and the memory of the process. */
import type { Isolate } from 'isolated-vm';
import type { ChildFault, RunLimits } from './messages.ts';

const everyMs = 5;
const mb = 1024;

export interface Watch {
  /** Why the isolate was ended, if the watch did. */
  readonly fault: () => ChildFault | undefined;
  readonly cpuMs: () => number;
  readonly stop: () => void;
}

/** The most this process ever had resident. Kilobytes; needs no file. */
const peakKb = (): number => process.resourceUsage().maxRSS;

/**
 * V8's own limit is looked at between collections of garbage only, and some ways of allocating slip through: the growth of
 * the process is what holds. An isolate that is ended may still run where V8 does not look up: then only the end of its process ends it.
 */
export function watchOver(
  isolate: Isolate,
  limits: RunLimits,
  slackMb: number,
  onFault: (fault: ChildFault) => void = () => undefined,
): Watch {
  const began = performance.now();
  const before = peakKb();
  const usedBefore = process.cpuUsage();
  let fault: ChildFault | undefined;
  let cpuMs = 0;
  /** The isolate's own time passes while others have the processor: on a busy machine this process has spent less. */
  const spentMs = (): number => {
    const { user, system } = process.cpuUsage(usedBefore);
    return Math.min(Number(isolate.cpuTime) / 1e6, (user + system) / 1000);
  };
  /** What is wrong, if anything is. */
  const found = (): ChildFault | undefined => {
    // V8's own limit was reached: the isolate counts as gone, whether or not it has stopped.
    if (isolate.isDisposed) return 'memory';
    cpuMs = spentMs();
    if (cpuMs > limits.cpuMs) return 'cpu';
    if (performance.now() - began > limits.wallMs) return 'timeout';
    return peakKb() - before > (limits.heapMb + slackMb) * mb ? 'memory' : undefined;
  };
  const look = (): void => {
    if (fault !== undefined) return;
    fault = found();
    if (fault === undefined) return;
    if (!isolate.isDisposed) isolate.dispose();
    onFault(fault);
  };
  const timer = setInterval(look, everyMs);
  return {
    fault: () => fault,
    cpuMs: () => {
      if (!isolate.isDisposed) cpuMs = spentMs();
      return cpuMs;
    },
    stop: () => {
      clearInterval(timer);
    },
  };
}
