/** How boot fails: loudly, naming the plugin and the thing. */
import { PlatformError } from '../kernel/errors.ts';

export function bootError(owner: string, what: string, cause?: unknown): PlatformError {
  return new PlatformError('internal', `plugin "${owner}": ${what}`, cause === undefined ? {} : { cause });
}
