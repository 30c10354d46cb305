/** Finds secrets in the defaults of a schema: a default is published with the code, so whoever reads it holds the secret. */
import { z } from 'zod';

const secretName =
  /(secret|passw(or)?d|passphrase|private_?key|api_?key|signing_?key|credentials?|(^|_|[a-z])tokens?)$/i;
const secretValue = /-----BEGIN [A-Z ]*PRIVATE KEY-----|^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;

/** @returns dotted paths of members whose default looks like a secret */
export function secretsInDefaults(schema: z.ZodType): readonly string[] {
  const found = new Set<string>();
  inSchema(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), [], found);
  return [...found];
}

/** Walks a JSON Schema: `properties`, `items`, alternatives and definitions, wherever a `default` may stand. */
function inSchema(node: unknown, path: readonly string[], found: Set<string>): void {
  if (Array.isArray(node)) {
    for (const item of node) inSchema(item, path, found);
  } else if (isRecord(node)) {
    for (const [key, child] of Object.entries(node)) {
      if (key === 'default' || key === 'const') inValue(child, path, found);
      else if ((key === 'properties' || key === '$defs') && isRecord(child)) {
        for (const [name, member] of Object.entries(child)) inSchema(member, [...path, name], found);
      } else inSchema(child, path, found);
    }
  }
}

function inValue(value: unknown, path: readonly string[], found: Set<string>): void {
  if (typeof value === 'string') {
    const name = path.at(-1) ?? '';
    if (value !== '' && (secretName.test(name) || secretValue.test(value))) found.add(path.join('.'));
  } else if (Array.isArray(value)) {
    for (const item of value) inValue(item, path, found);
  } else if (isRecord(value)) {
    if ('kty' in value && ('d' in value || 'k' in value)) found.add(path.join('.'));
    for (const [name, member] of Object.entries(value)) inValue(member, [...path, name], found);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
