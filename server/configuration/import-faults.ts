/** What is wrong with an import, and where it stood in the dump (RFC 6901). */
import { isPlatformError, PlatformError } from '../kernel/errors.ts';
import type { Fault, Section } from './section.ts';
import type { Spooled } from './spool.ts';

/** So many faults are told at once. */
export const shownFaults = 20;

/** Where an object stood in the dump (RFC 6901). */
export function pointerOf<Stores>(section: Section<Stores>, { index }: Pick<Spooled, 'index'>): string {
  const { member, isTenant, saidElsewhere: said } = section;
  if (said !== undefined && index < -1) return `/${said.member}/${String(elsewhere(index))}${said.pointer}`;
  if (isTenant !== true) return `/${member}/${String(index)}`;
  return index < 0 ? `/${member}` : `/${member}s/${String(index)}`;
}

/** Of what an object of another member said: from that one's index to its own in the spool, and back. */
export const elsewhere = (index: number): number => -2 - index;

/** What is wrong with an object; with what an object of another member said in one place, it is that place. */
export function faultOf<Stores>(section: Section<Stores>, one: Pick<Spooled, 'index'>, fault: Fault): Fault {
  const { pointer, message } = fault;
  return { pointer: pointerOf(section, one) + (one.index < -1 ? '' : pointer), message };
}

export function unprocessable(faults: readonly Fault[]): PlatformError {
  const details = faults.slice(0, shownFaults);
  const [first] = details;
  return new PlatformError(
    'unprocessable_entity',
    `${first?.pointer ?? ''}: ${first?.message.replace(/\.$/, '') ?? 'not valid'}.`,
    {
      details,
    },
  );
}

/** Which object of the dump it was that something was refused for; other failures stay as they are. */
export function located<Stores>(section: Section<Stores>, one: Spooled, error: unknown): unknown {
  const isRefusal = (['unprocessable_entity', 'conflict', 'not_found'] as const).some((code) =>
    isPlatformError(error, code),
  );
  if (!isRefusal || !(error instanceof PlatformError)) return error;
  const pointer = pointerOf(section, one);
  // Who loses something is named by more than a pointer.
  const isList = error.details === undefined || Array.isArray(error.details);
  const details = isList ? [{ pointer, message: error.message }] : error.details;
  const code = error.code === 'conflict' ? 'conflict' : 'unprocessable_entity';
  return new PlatformError(code, `${pointer} (${one.name}): ${error.message}`, { cause: error, details });
}
