/** How a step's failure reaches Temporal: as a code only, since failures are history, and tried again only where that helps. */
import { ZodError } from 'zod';
import { defect } from '../../workflows/contract/authentication.ts';
import { isPlatformError } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';

/** Would fail the same way again. Temporal knows a failure by the name of its class, which the contract names as well. */
export class LoginDefect extends Error {
  override readonly name = defect;

  constructor() {
    super('defect');
  }
}

/** Worth trying again soon. */
export class PlatformAway extends Error {
  override readonly name = 'PlatformAway';

  constructor() {
    super('away');
  }
}

/** A database that is away comes back; code that is wrong, and rows that cannot be read, stay as they are. */
export function isDefect(error: unknown): boolean {
  if (isPlatformError(error)) return error.code !== 'unavailable';
  return (
    error instanceof ZodError ||
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof ReferenceError ||
    error instanceof SyntaxError
  );
}

/**
 * Runs a step's work; what it throws is logged here, and only its kind goes on.
 * @throws LoginDefect, PlatformAway
 */
export async function withoutDetails<T>(log: Pick<Log, 'error' | 'warn'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isDefect(error)) {
      log.warn({ err: error }, 'A step of a sign-in could not be done just now.');
      throw new PlatformAway();
    }
    log.error({ err: error }, 'A step of a sign-in failed.');
    throw new LoginDefect();
  }
}
