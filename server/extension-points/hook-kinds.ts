/** The rules of hooks that run in the request: what a decision, and what a transformation may do. */
import { deepFreeze } from '../kernel/deep-freeze.ts';
import { PlatformError } from '../kernel/errors.ts';

/** Something contributed, and the plugin it came from; core's own owner is `core`. */
export interface Owned<T> {
  readonly owner: string;
  readonly value: T;
}

export type Verdict =
  | { readonly kind: 'allow' }
  /** @see `error` is a code of the protocol at hand, e.g. `invalid_request`; `description` is public */
  | { readonly kind: 'deny'; readonly error: string; readonly description: string };

/** A verdict, with what the log is told about a denial. */
export type Decision =
  | { readonly kind: 'allow' }
  | (Extract<Verdict, { kind: 'deny' }> & { readonly owner: string; readonly cause: unknown });

/** Asks one after the other: the first deny wins, and an error denies. */
export async function decide<Input>(
  checks: readonly Owned<(input: Input) => Verdict | Promise<Verdict>>[],
  input: Input,
): Promise<Decision> {
  for (const { owner, value: check } of checks) {
    try {
      const verdict = await check(input);
      if (verdict.kind === 'deny') return { ...verdict, owner, cause: undefined };
      if (!isAllow(verdict)) return failed(owner, new TypeError('the check answered neither allow nor deny'));
    } catch (cause) {
      return failed(owner, cause);
    }
  }
  return { kind: 'allow' };
}

/** Plugins may be plain JavaScript: what is not plainly «allow» is no permission. */
function isAllow(verdict: { readonly kind: unknown }): boolean {
  return verdict.kind === 'allow';
}

function failed(owner: string, cause: unknown): Decision {
  return { kind: 'deny', error: 'server_error', description: 'the request could not be checked', owner, cause };
}

/**
 * Hands a value from one transformation to the next. Each gets a frozen copy, and its result is checked.
 * @param check throws when a result is not what it must be
 * @throws PlatformError `internal` naming the plugin whose transformation failed or broke the rules
 */
export function transformAll<Value, Context>(
  transforms: readonly Owned<(value: Value, context: Context) => Value>[],
  value: Value,
  context: Context,
  check: (result: Value, given: Value) => Value,
): Value {
  return transforms.reduce((given, { owner, value: transform }) => {
    try {
      return check(transform(deepFreeze(structuredClone(given)), context), given);
    } catch (cause) {
      throw new PlatformError('internal', 'the answer could not be made', {
        cause: new Error(`plugin "${owner}"`, { cause }),
      });
    }
  }, value);
}
