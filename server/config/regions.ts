/** Several deployments that people choose among, each with a name and an address. */
import { publicUrlProblem } from './public-url.ts';

export interface Region {
  /** What people read, e.g. `Europe`. */
  readonly name: string;
  /** As PUBLIC_URL is there: an origin without a trailing slash, which may hold `{tenant}`. */
  readonly publicUrl: string;
}

const entriesOf = (text: string): readonly string[] =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

function regionOf(entry: string): Region | undefined {
  const [, name = '', url = ''] = /^([\p{L}\p{N}][\p{L}\p{N} ._()-]{0,39})=(\S+)$/u.exec(entry) ?? [];
  return name === '' || publicUrlProblem(url, false) !== undefined
    ? undefined
    : { name: name.trim(), publicUrl: url.replace(/\/$/, '') };
}

/** @param text `Europe=https://eu.id.example.com, America=https://us.id.example.com`. @returns undefined when it is none */
export function parseRegions(text: string): readonly Region[] | undefined {
  const regions = entriesOf(text).map(regionOf);
  const known = regions.filter((region) => region !== undefined);
  const isEachOnce = [
    new Set(known.map(({ name }) => name)).size,
    new Set(known.map(({ publicUrl }) => publicUrl)).size,
  ].every((count) => count === regions.length);
  return isEachOnce ? known : undefined;
}

/** Where a tenant's people sign in to administer it. */
export function tenantAddress({ publicUrl }: Pick<Region, 'publicUrl'>, tenantId: string): string {
  return `${publicUrl.replace('{tenant}', tenantId)}/${tenantId}/admin`;
}
