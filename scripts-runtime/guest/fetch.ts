/** `fetch`, through the host: where it may go is decided there. */
import { ask } from './bridge.ts';
import { bytesOf, decode, encode, fromByteString } from './bytes.ts';
import { fromJson } from './host.ts';
import { URL, URLSearchParams } from './url.ts';

export class Headers {
  readonly #values = new Map<string, string>();

  constructor(init?: unknown) {
    if (init === undefined || init === null) return;
    const pairs =
      init instanceof Headers || Array.isArray(init) ? [...(init as Iterable<unknown>)] : Object.entries(init);
    for (const [name, value] of pairs as readonly (readonly [unknown, unknown])[]) this.append(String(name), value);
  }
  append(name: string, value: unknown): void {
    const before = this.get(name);
    this.set(name, before === null ? value : `${before}, ${String(value)}`);
  }
  set(name: string, value: unknown): void {
    this.#values.set(String(name).toLowerCase(), String(value));
  }
  get(name: string): string | null {
    return this.#values.get(String(name).toLowerCase()) ?? null;
  }
  has(name: string): boolean {
    return this.#values.has(String(name).toLowerCase());
  }
  delete(name: string): void {
    this.#values.delete(String(name).toLowerCase());
  }
  forEach(run: (value: string, name: string) => void): void {
    for (const [name, value] of this.#values) run(value, name);
  }
  entries(): IterableIterator<[string, string]> {
    return this.#values.entries();
  }
  keys(): IterableIterator<string> {
    return this.#values.keys();
  }
  values(): IterableIterator<string> {
    return this.#values.values();
  }
  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.#values.entries();
  }
}

/** What the host answers a fetch with: the body as text, or in base64 where it is none. */
interface Answer {
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly text?: string;
  readonly base64?: string;
}

export class Response {
  readonly #body: Uint8Array<ArrayBuffer> | string;
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly headers: Headers;
  bodyUsed = false;

  constructor(body: Uint8Array<ArrayBuffer> | string, answer: Omit<Answer, 'text' | 'base64'>) {
    this.#body = body;
    this.status = answer.status;
    this.statusText = answer.statusText;
    this.url = answer.url;
    this.headers = new Headers(answer.headers);
  }
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }
  clone(): Response {
    return new Response(this.#body, { ...this, headers: [...this.headers] });
  }
  text(): Promise<string> {
    this.bodyUsed = true;
    return Promise.resolve(typeof this.#body === 'string' ? this.#body : decode(this.#body, 'utf8'));
  }
  async json(): Promise<unknown> {
    return fromJson(await this.text());
  }
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    this.bodyUsed = true;
    return Promise.resolve(typeof this.#body === 'string' ? encode(this.#body, 'utf8') : this.#body);
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).slice().buffer;
  }
}

export interface FetchInit {
  readonly method?: unknown;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly redirect?: unknown;
  readonly timeoutMs?: unknown;
}

/** @throws Error when the list of the script does not allow it, or no answer came */
export async function fetchByHost(target: unknown, init: FetchInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const { body } = init;
  if (body instanceof URLSearchParams && !headers.has('content-type'))
    headers.set('content-type', 'application/x-www-form-urlencoded;charset=UTF-8');
  const sent = body instanceof URLSearchParams ? body.toString() : body;
  const request = {
    url: target instanceof URL ? target.href : String(target),
    method: String(init.method ?? 'GET').toUpperCase(),
    headers: [...headers],
    redirect: init.redirect === 'manual' || init.redirect === 'error' ? init.redirect : 'follow',
    ...(init.timeoutMs === undefined ? {} : { timeoutMs: Number(init.timeoutMs) }),
    ...(sent === undefined || sent === null
      ? {}
      : typeof sent === 'string'
        ? { text: sent }
        : { base64: decode(bytesOf(sent), 'base64') }),
  };
  const answer = (await ask('fetch', request)) as Answer;
  const bytes = answer.base64 === undefined ? (answer.text ?? '') : fromByteString(decodeBase64(answer.base64));
  return new Response(bytes, answer);
}

function decodeBase64(text: string): string {
  return decode(encode(text, 'base64'), 'latin1');
}

export function installFetch(): void {
  for (const [name, value] of Object.entries({ fetch: fetchByHost, Headers, Response }))
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}
