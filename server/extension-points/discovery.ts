/** Extension point `discovery` (contribute): members a plugin adds to the published metadata (RFC 8414 §2). */
import type { Workspace } from '../workspaces/workspace.ts';

export interface DiscoveryContext {
  readonly workspace: Workspace;
  readonly issuer: string;
}

/** Merged by member. Core's own members stand: a contribution only fills gaps. */
export interface DiscoveryContribution {
  /** All that `values` may hold. */
  readonly members: readonly string[];
  /** JSON by member; a member left out is not published. */
  values(context: DiscoveryContext): Readonly<Record<string, unknown>>;
}
