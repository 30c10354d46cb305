/** `setTimeout`, which waits as long as the slice may last and not a moment more. */
import { ask } from './bridge.ts';

export function installTimers(): void {
  const running = new Set<number>();
  let last = 0;
  const setTimeout = (run: unknown, ms?: unknown, ...args: readonly unknown[]): number => {
    if (typeof run !== 'function') throw new TypeError('setTimeout takes a function');
    const id = ++last;
    running.add(id);
    void ask('timer', { ms: Math.max(0, Math.floor(Number(ms ?? 0) || 0)) }).then(() => {
      if (running.delete(id)) Reflect.apply(run, undefined, args);
    });
    return id;
  };
  const clearTimeout = (id: unknown): void => {
    running.delete(Number(id));
  };
  const setImmediate = (run: unknown, ...args: readonly unknown[]): number => setTimeout(run, 0, ...args);
  const queueMicrotask = (run: () => void): void => {
    void Promise.resolve().then(() => {
      run();
    });
  };
  for (const [name, value] of Object.entries({ setTimeout, clearTimeout, setImmediate, queueMicrotask }))
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}
