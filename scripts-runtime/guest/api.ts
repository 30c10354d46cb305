/** `api` of a typed script: what it may ask, and what it wants changed. */
import { ask } from './bridge.ts';
import { bytesOf, decode, encode, fromByteString, toByteString } from './bytes.ts';
import { randomUuid } from './chance.ts';
import { fetchByHost } from './fetch.ts';
import { fromJson, given, port, toJson } from './host.ts';
import type { ApprovalAnswer, FetchAnswer, FetchOptions, PostAuthnApi } from './types.ts';

/** What the run comes to. */
export interface Outcome {
  /** Kept here until it ends. */
  readonly effects: unknown[];
  /** Ends it at once. @param details JSON */
  readonly deny: (reason: string, details: string) => void;
}

const longestDenial = { reason: 256, details: 16_384 };

/** A refusal is one whatever was said with it: what is too long or cannot be read is left out, and lets nobody in. */
function denialReason(reason: unknown): string {
  try {
    return String(reason).slice(0, longestDenial.reason) || 'denied';
  } catch {
    return 'denied';
  }
}

function denialDetails(details: unknown): string {
  try {
    const text = toJson(details);
    return text.length > longestDenial.details ? '{}' : text;
  } catch {
    return '{}';
  }
}

/** More than any scope has: what is cut is known to be none. */
const longestRefusal = 300;

/** What has no name is refused as well: that something was is told, before the script fails by it. */
function refusedName(scope: unknown): string {
  try {
    return String(scope);
  } catch (error) {
    port.refuse('');
    throw error;
  }
}

export interface TypedEvent {
  readonly transaction?: unknown;
}

function need(effect: string): void {
  if (!given.effects.includes(effect)) throw new Error(`"${effect}" is not among the effects of this script`);
}

async function wait(call: string, request: unknown): Promise<unknown> {
  need(call);
  if (!given.durable) throw new Error(`api.${call} is for scripts whose login can wait`);
  return ask(call, request);
}

async function apiFetch(url: unknown, init: FetchOptions = {}): Promise<FetchAnswer> {
  const asJson = init.json !== undefined;
  const response = await fetchByHost(url, {
    method: init.method ?? (asJson ? 'POST' : 'GET'),
    headers: { ...(asJson ? { 'content-type': 'application/json' } : {}), ...init.headers },
    ...(asJson ? { body: toJson(init.json) } : init.body === undefined ? {} : { body: init.body }),
    ...(init.timeoutMs === undefined ? {} : { timeoutMs: init.timeoutMs }),
  });
  const text = await response.text();
  const isJson = /[/+]json\b/i.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    ok: response.ok,
    headers: Object.fromEntries(response.headers),
    body: isJson && text !== '' ? fromJson(text) : text,
  };
}

const hex = (bytes: string): string => decode(fromByteString(bytes), 'hex');

const crypto = {
  uuid: randomUuid,
  /** @returns hexadecimal */
  sha256: (data: unknown): string => hex(port.native('hash', 'sha256', toByteString(bytesOf(data)), '')),
  hmac: (key: unknown, data: unknown, algorithm: unknown = 'sha256'): string =>
    hex(port.native('hmac', String(algorithm), toByteString(bytesOf(key)), toByteString(bytesOf(data)))),
  base64url: (data: unknown): string => decode(bytesOf(data), 'base64url'),
  fromBase64url: (text: string): string => decode(encode(text, 'base64url'), 'utf8'),
  jwt: {
    sign: (payload: unknown, options: unknown) =>
      ask('jwt.sign', { payload, ...(options as object) }) as Promise<string>,
    verify: (token: unknown, options: unknown): Promise<unknown> =>
      ask('jwt.verify', { token, ...(options as object) }),
  },
};

export function makeApi(outcome: Outcome, event: TypedEvent, secrets: Readonly<Record<string, string>>): PostAuthnApi {
  const effect = (name: string, rest: object): void => {
    need(name);
    outcome.effects.push({ effect: name, ...rest });
  };
  return {
    deny(reason: unknown, details: unknown = {}): void {
      need('deny');
      outcome.deny(denialReason(reason), denialDetails(details));
    },
    claims: {
      set(name: unknown, value: unknown): void {
        effect('claims', { name: String(name), value: fromJson(toJson(value)) });
      },
    },
    scopes: {
      grant(scope: unknown): void {
        effect('scopes', { action: 'grant', scope: String(scope) });
      },
      deny(scope: unknown): void {
        need('scopes');
        const name = refusedName(scope);
        port.refuse(name.slice(0, longestRefusal));
        effect('scopes', { action: 'deny', scope: name });
      },
    },
    acr: {
      set(value: unknown): void {
        effect('acr', { value: String(value) });
      },
    },
    amr: {
      set(value: readonly unknown[]): void {
        effect('amr', { value: value.map(String) });
      },
    },
    user: {
      setMetadata(value: unknown): void {
        effect('metadata', { value: fromJson(toJson(value)) });
      },
    },
    redirect: (app: unknown, options: object = {}) =>
      wait('redirect', { app: String(app), ...options }) as ReturnType<PostAuthnApi['redirect']>,
    approval: (options: object) => wait('approval', { ...options }) as Promise<ApprovalAnswer>,
    sleep: (duration: unknown) => wait('sleep', { duration }) as Promise<null>,
    fetch: apiFetch,
    cache: {
      get: (key: unknown) => ask('cache.get', { key: String(key) }),
      set: (key: unknown, value: unknown, options: { readonly ttl?: unknown } = {}) =>
        ask('cache.set', { key: String(key), value: fromJson(toJson(value)), ttl: Number(options.ttl ?? 3600) }),
      incr: (key: unknown, options: { readonly by?: unknown; readonly ttl?: unknown } = {}) =>
        ask('cache.incr', {
          key: String(key),
          by: Number(options.by ?? 1),
          ttl: Number(options.ttl ?? 3600),
        }) as Promise<number>,
    },
    tx: (event.transaction ?? {}) as PostAuthnApi['tx'],
    secrets,
    crypto,
    console: (globalThis as unknown as { readonly console: PostAuthnApi['console'] }).console,
  };
}
