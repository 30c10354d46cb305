/** JSON Patch, bounded: what an operation would add is measured before it is added. RFC 6902. */
import { isDeepStrictEqual } from 'node:util';
import { applyPatch } from 'rfc6902';
import { z } from 'zod';
import { PlatformError, unprocessable } from '../kernel/errors.ts';

const pointer = z
  .string()
  .max(1024)
  .regex(/^(\/([^~]|~[01])*)?$/, 'must be a JSON Pointer (RFC 6901)')
  .refine((text) => !/\/(__proto__|constructor|prototype)(\/|$)/.test(text), 'names no member of a configuration');

export const patchBody = z
  .array(
    z.discriminatedUnion('op', [
      z.object({ op: z.enum(['add', 'replace', 'test']), path: pointer, value: z.json() }),
      z.object({ op: z.literal('remove'), path: pointer }),
      z.object({ op: z.enum(['move', 'copy']), from: pointer, path: pointer }),
    ]),
  )
  .min(1)
  .max(1000);
export type Patch = z.infer<typeof patchBody>;
type Operation = Patch[number];

/** How deep what is copied may be nested. */
const deepest = 64;

/**
 * Applies all of a patch to the target, which is spoiled where it throws.
 * @param mostCopied characters of JSON that its copies may add up to; values stand in the patch and are bounded with it
 * @throws PlatformError `unprocessable_entity` for an operation that does not fit, `payload_too_large` for copies beyond that
 */
export function applyWithin(target: unknown, patch: Patch, mostCopied: number): void {
  let left = mostCopied;
  for (const [index, operation] of patch.entries()) {
    const at = `/${String(index)}`;
    const fault = misfit(target, operation);
    if (fault !== undefined) throw unprocessable(at, `${at} does not fit: ${fault}.`);
    if (operation.op === 'test') continue;
    if (operation.op === 'copy') {
      left -= measured(valueAt(target, tokensOf(operation.from)), left, 0);
      if (left < 0) throw tooMuch(at);
    }
    const [error] = applyPatch(target, [operation]);
    if (error !== null && error !== undefined) throw unprocessable(at, `${at} does not fit: ${error.message}.`);
  }
}

function tooMuch(at: string): PlatformError {
  return new PlatformError('payload_too_large', `${at} copies more than one patch may: send fewer copies at a time.`);
}

/** @returns what is wrong with an operation here; members of a prototype, or of arrays beside their elements, are none */
function misfit(target: unknown, operation: Operation): string | undefined {
  const { op, path } = operation;
  if ('from' in operation && valueAt(target, tokensOf(operation.from)) === undefined)
    return `there is nothing at ${operation.from}`;
  const tokens = tokensOf(path);
  const value = valueAt(target, tokens);
  if (op === 'test') return isDeepStrictEqual(value, operation.value) ? undefined : `${path} is another than it says`;
  if (tokens.length === 0) return 'the whole stays what it is';
  if (op === 'remove' || op === 'replace') return value === undefined ? `there is nothing at ${path}` : undefined;
  const last = tokens.at(-1) ?? '';
  const parent = valueAt(target, tokens.slice(0, -1));
  if (typeof parent !== 'object' || parent === null) return `there is no place at ${path}`;
  const isNoIndex = Array.isArray(parent) && last !== '-' && !isIndex(last, parent.length + 1);
  return isNoIndex ? `there is no place at ${path}` : undefined;
}

function tokensOf(path: string): readonly string[] {
  const [, ...tokens] = path.split('/');
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function isIndex(token: string, length: number): boolean {
  return /^(0|[1-9][0-9]{0,9})$/.test(token) && Number(token) < length;
}

function valueAt(target: unknown, tokens: readonly string[]): unknown {
  let value = target;
  for (const token of tokens) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) return undefined;
    if (Array.isArray(value) && !isIndex(token, value.length)) return undefined;
    value = Reflect.get(value, token);
  }
  return value;
}

/** @returns about how long a value is as JSON, or more than `most` as soon as it is */
function measured(value: unknown, most: number, depth: number): number {
  if (typeof value === 'string') return value.length + 3;
  if (typeof value !== 'object' || value === null) return 8;
  if (depth > deepest) return most + 1;
  let length = 2;
  for (const name in value) {
    length += name.length + 3 + measured(Reflect.get(value, name), most - length, depth + 1);
    if (length > most) return length;
  }
  return length;
}
