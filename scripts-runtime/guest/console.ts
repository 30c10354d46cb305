/** `console`, whose lines are kept with the run. */
import { given, port, toJson } from './host.ts';

const left = { bytes: given.consoleBytes };

function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return value.stack ?? `${value.name}: ${value.message}`;
  if (typeof value === 'object' && value !== null) {
    try {
      return toJson(value);
    } catch {
      return Object.prototype.toString.call(value);
    }
  }
  return String(value);
}

const line =
  (level: string) =>
  (...values: readonly unknown[]): void => {
    if (left.bytes < 0) return;
    const text = values.map(shown).join(' ');
    // One line more than fits is said, so that whoever keeps them knows that something is missing.
    const kept = text.slice(0, left.bytes + 1);
    left.bytes -= text.length + 1;
    port.log(level, kept);
  };

export function installConsole(): void {
  const console = {
    debug: line('debug'),
    log: line('log'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    trace: line('debug'),
    dir: line('log'),
  };
  Object.defineProperty(globalThis, 'console', { value: console, writable: true, configurable: true });
}
