/** Where the form of the tenant finder may end, as a page's policy names it. */
import type { Region } from '../config/regions.ts';

/** CSP3 §2.3.1: a `{tenant}` in the first label of a host is `*.` and the rest, since `*` stands for whole labels. */
export function tenantAddressSources(regions: readonly Pick<Region, 'publicUrl'>[]): readonly string[] {
  return regions.map(({ publicUrl }) => publicUrl.replace(/[a-z0-9-]*\{tenant\}[a-z0-9-]*/, '*'));
}
