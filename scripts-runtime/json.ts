/** JSON that came from a stranger: read with its depth known beforehand, and written in one way only. */

export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue };
export type JsonObject = Readonly<Record<string, JsonValue>>;

/** Deeper than any claim has reason to be, and far from where recursion ends. */
const maxDepth = 64;

/**
 * @param text JSON, its length checked by whoever received it
 * @returns the value without members called `__proto__`: assigned elsewhere they would change what an object inherits
 * @throws Error for what is no JSON or nests deeper than 64
 */
export function readJson(text: string): JsonValue {
  if (depthOf(text) > maxDepth) throw new Error(`the value nests deeper than ${String(maxDepth)}`);
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- JSON.parse makes JSON values and nothing else
  return JSON.parse(text, (name, value: unknown) => (name === '__proto__' ? undefined : value)) as JsonValue;
}

function depthOf(text: string): number {
  let deepest = 0;
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (quoted) {
      if (character === '\\') index++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth);
    else if (character === ']' || character === '}') depth--;
  }
  return deepest;
}

/** The same bytes for the same value: members in the order of their names (RFC 8785 §3.2.3). */
export function canonical(value: JsonValue): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonical).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name] ?? null)}`);
  return `{${members.join(',')}}`;
}

/** `Array.isArray`, which does not tell a readonly array from an object. */
export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}
