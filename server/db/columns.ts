/** How values that databases spell differently are written and read: JSON, booleans, large integers, and their conflicts. */
import { PlatformError } from '../kernel/errors.ts';

/** A boolean column as the drivers give it: SQLite 0 or 1, MySQL the same. */
export type BooleanColumn = number | boolean;

export function toBoolean(value: BooleanColumn): boolean {
  return value === true || value === 1;
}

/** A BIGINT column: a number, or a text where it would not fit into one. */
export type TimeColumn = number | string;

export function toTime(value: TimeColumn): number {
  return Number(value);
}

export function toOptionalTime(value: TimeColumn | null): number | undefined {
  return value === null ? undefined : Number(value);
}

export function toJson(value: unknown): string {
  return JSON.stringify(value);
}

/**
 * Reads what `toJson` wrote. The type is the writer's word: these columns are written by one store only.
 * @throws PlatformError `internal` when the text is no JSON
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller says what its own store wrote
export function fromJson<T>(text: string): T {
  try {
    // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- JSON has no type but its writer's word
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new PlatformError('internal', 'A stored value cannot be read.', { cause });
  }
}

/** True when a statement failed because a row with that key is there. */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return (
    error.code === 'SQLITE_CONSTRAINT_UNIQUE' ||
    error.code === 'SQLITE_CONSTRAINT_PRIMARYKEY' ||
    error.code === 'ER_DUP_ENTRY'
  );
}

/**
 * Runs an insert, and leaves the row that is there as it is: what both databases refuse by itself, a transaction goes on from.
 * @returns whether it was not there
 */
export async function insertUnlessThere(insert: PromiseLike<unknown>): Promise<boolean> {
  try {
    await insert;
    return true;
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

/** True when a statement failed because the row it belongs to is not there. */
export function isMissingParent(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return error.code === 'SQLITE_CONSTRAINT_FOREIGNKEY' || error.code === 'ER_NO_REFERENCED_ROW_2';
}

/**
 * Runs an insert.
 * @param what names the thing for the reader, e.g. `A client with this id`
 * @throws PlatformError `conflict` when it is there already, `not_found` when what it belongs to is not there
 */
export async function insertUnlessTaken(insert: PromiseLike<unknown>, what: string): Promise<void> {
  try {
    await insert;
  } catch (error) {
    if (isUniqueViolation(error)) throw new PlatformError('conflict', `${what} exists already.`, { cause: error });
    if (isMissingParent(error)) {
      throw new PlatformError('not_found', `${what} has no place: what it belongs to does not exist.`, {
        cause: error,
      });
    }
    throw error;
  }
}
