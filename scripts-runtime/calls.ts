/** Does what scripts ask for: one line for each host call, within the limits of the login. */
import { cacheGet, cacheIncr, cacheSet } from './capabilities/cache.ts';
import { scriptFetch } from './capabilities/fetch.ts';
import type { FetchDeps } from './capabilities/fetch.ts';
import { signJwt, verifyJwt } from './capabilities/jwt.ts';
import { isObject } from './json.ts';
import type { JsonValue } from './json.ts';
import type { Limits } from './limits.ts';
import type { ScriptHost } from './run.ts';
import type { DurableCall } from './script.ts';
import type { HostCall } from './tape.ts';

export interface CallsOptions {
  readonly host: ScriptHost;
  readonly fetch: FetchDeps;
  readonly limits: Limits;
  /** Aborts what is still on its way when the run has ended. */
  readonly over: AbortSignal;
  /** The script's clock. */
  readonly now: () => number;
}

/** @returns the answer @throws Error whose message is for the script */
export type Calls = (call: Exclude<HostCall, DurableCall>, request: JsonValue) => Promise<JsonValue>;

export function createCalls({ host, fetch, limits, over, now }: CallsOptions): Calls {
  return (call, request) => {
    switch (call) {
      case 'fetch':
        return scriptFetch(request, fetch, over);
      case 'cache.get':
        return cacheGet(request, host.cache);
      case 'cache.set':
        return cacheSet(request, host.cache);
      case 'cache.incr':
        return cacheIncr(request, host.cache);
      case 'jwt.sign':
        return signJwt(request, now());
      case 'jwt.verify':
        return verifyJwt(request, now());
      case 'timer':
        return wait(request, limits.wallMs, over);
    }
  };
}

/** A timer that outlasts the slice never ends: the slice does. */
function wait(request: JsonValue, longestMs: number, over: AbortSignal): Promise<JsonValue> {
  const ms = isObject(request) && typeof request['ms'] === 'number' ? request['ms'] : 0;
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.min(ms, longestMs * 2), null);
    over.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve(null);
    });
  });
}
