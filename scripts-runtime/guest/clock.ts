/** A clock that stands still between answers: it cannot time anything, and shows the same in every replay. */
import { given } from './host.ts';

const clock = { at: given.at };

/** @param at milliseconds since the epoch, as the tape has it */
export function moveClock(at: number): void {
  if (at > clock.at) clock.at = at;
}

export function installClock(): void {
  const Real = Date;
  const now = (): number => clock.at;
  const Shown = new Proxy(Real, {
    apply: () => new Real(clock.at).toString(),
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [clock.at] : args, newTarget) as object,
  });
  // Where it stands itself: a proxy that only answers for it is looked past by whoever reads the descriptor.
  Object.defineProperty(Real, 'now', { value: now, writable: true, configurable: true });
  Object.defineProperty(Real.prototype, 'constructor', { value: Shown, writable: true, configurable: true });
  Object.defineProperty(globalThis, 'Date', { value: Shown, writable: true, configurable: true });

  const formatter = Intl.DateTimeFormat.prototype;
  const format = Object.getOwnPropertyDescriptor(formatter, 'format')?.get;
  const toParts = formatter.formatToParts;
  if (format === undefined) return;
  Object.defineProperty(formatter, 'format', {
    configurable: true,
    get(this: Intl.DateTimeFormat) {
      const bound = format.call(this) as (date: number | Date) => string;
      return (date?: number | Date) => bound(date ?? clock.at);
    },
  });
  formatter.formatToParts = function (date) {
    return toParts.call(this, date ?? clock.at);
  };
}
