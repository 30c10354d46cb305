/** The published filter of the list of tenants: JSON that a tenant must hold. */
import { z } from 'zod';

function holds(value: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return value === wanted;
  if (Array.isArray(wanted))
    return Array.isArray(value) && wanted.every((one) => value.some((other) => holds(other, one)));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const members = new Map<string, unknown>(Object.entries(value));
  return Object.entries(wanted).every(([name, one]) => members.has(name) && holds(members.get(name), one));
}

/** Text of a query parameter, parsed to a predicate over what the API shows of a tenant. */
export const tenantFilter = z
  .string()
  .max(2048)
  .transform((text, context) => {
    const parsed = z.record(z.string(), z.json()).safeParse(parse(text));
    if (!parsed.success) {
      context.addIssue('must be a JSON object, URL-encoded');
      return z.NEVER;
    }
    return (tenant: Readonly<Record<string, unknown>>): boolean => holds(tenant, parsed.data);
  });

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
