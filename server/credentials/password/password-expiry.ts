/** How long a password is good that a pool has its people change from time to time. */
import { parseDuration } from '../../kernel/duration.ts';
import type { Pool } from '../../pools/pool.ts';

/** @returns until when one that is set now is good, in milliseconds since the epoch; undefined for ever */
export function expiryOf({ settings }: Pick<Pool, 'settings'>, now: number): number | undefined {
  const lifetime = parseDuration(settings.password_settings.expires_after ?? '') ?? 0;
  return lifetime > 0 ? now + lifetime : undefined;
}
