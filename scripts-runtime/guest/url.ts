/** `URL` and `URLSearchParams`, read by the host's own parser (WHATWG URL). */
import { fromJson, port } from './host.ts';

interface Parts {
  readonly href: string;
  readonly origin: string;
  readonly protocol: string;
  readonly username: string;
  readonly password: string;
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  readonly pathname: string;
  readonly search: string;
  readonly hash: string;
}

function partsOf(operation: string, first: string, second: string, third: string): Parts {
  const text = port.native(operation, first, second, third);
  if (text === '') throw new TypeError('Invalid URL');
  return fromJson(text) as Parts;
}

type Pair = [name: string, value: string];

export class URLSearchParams {
  #pairs: Pair[] = [];
  readonly #changed: (text: string) => void;

  constructor(init: unknown = '', changed: (text: string) => void = () => undefined) {
    if (typeof init === 'string') this.#pairs = fromJson(port.native('query', init, '', '')) as Pair[];
    else if (init instanceof URLSearchParams) this.#pairs = [...init];
    else if (Array.isArray(init))
      this.#pairs = init.map(([name, value]: readonly unknown[]): Pair => [String(name), String(value)]);
    else this.#pairs = Object.entries(init as object).map(([name, value]): Pair => [name, String(value)]);
    this.#changed = changed;
  }
  #set(pairs: Pair[]): void {
    this.#pairs = pairs;
    this.#changed(this.toString());
  }
  append(name: string, value: unknown): void {
    this.#set([...this.#pairs, [String(name), String(value)]]);
  }
  delete(name: string): void {
    this.#set(this.#pairs.filter(([one]) => one !== String(name)));
  }
  get(name: string): string | null {
    return this.#pairs.find(([one]) => one === String(name))?.[1] ?? null;
  }
  getAll(name: string): string[] {
    return this.#pairs.filter(([one]) => one === String(name)).map(([, value]) => value);
  }
  has(name: string): boolean {
    return this.#pairs.some(([one]) => one === String(name));
  }
  set(name: string, value: unknown): void {
    const at = this.#pairs.findIndex(([one]) => one === String(name));
    if (at < 0) this.append(name, value);
    else
      this.#set(
        this.#pairs
          .map((pair, index): Pair => (index === at ? [pair[0], String(value)] : pair))
          .filter(([one], index) => one !== String(name) || index === at),
      );
  }
  sort(): void {
    this.#set(this.#pairs.toSorted(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)));
  }
  get size(): number {
    return this.#pairs.length;
  }
  forEach(run: (value: string, name: string, all: URLSearchParams) => void): void {
    for (const [name, value] of this.#pairs) run(value, name, this);
  }
  *keys(): Generator<string> {
    for (const [name] of this.#pairs) yield name;
  }
  *values(): Generator<string> {
    for (const [, value] of this.#pairs) yield value;
  }
  *entries(): Generator<Pair> {
    yield* this.#pairs;
  }
  [Symbol.iterator](): Generator<Pair> {
    return this.entries();
  }
  toString(): string {
    return port.native('form', JSON.stringify(this.#pairs), '', '');
  }
}

export class URL {
  #parts: Parts;
  readonly searchParams: URLSearchParams;

  constructor(text: unknown, base?: unknown) {
    this.#parts = partsOf('url', String(text), base === undefined ? '' : String(base), '');
    this.searchParams = new URLSearchParams(this.#parts.search, (query) => {
      this.#change('search', query);
    });
  }
  static canParse(text: unknown, base?: unknown): boolean {
    return port.native('url', String(text), base === undefined ? '' : String(base), '') !== '';
  }
  #change(part: string, value: unknown): void {
    this.#parts = partsOf('url.set', this.#parts.href, part, String(value));
  }
  get href(): string {
    return this.#parts.href;
  }
  get origin(): string {
    return this.#parts.origin;
  }
  get protocol(): string {
    return this.#parts.protocol;
  }
  get username(): string {
    return this.#parts.username;
  }
  get password(): string {
    return this.#parts.password;
  }
  get host(): string {
    return this.#parts.host;
  }
  get hostname(): string {
    return this.#parts.hostname;
  }
  get port(): string {
    return this.#parts.port;
  }
  get pathname(): string {
    return this.#parts.pathname;
  }
  set pathname(value: unknown) {
    this.#change('pathname', value);
  }
  get search(): string {
    return this.#parts.search;
  }
  get hash(): string {
    return this.#parts.hash;
  }
  set hash(value: unknown) {
    this.#change('hash', value);
  }
  toString(): string {
    return this.href;
  }
  toJSON(): string {
    return this.href;
  }
}

export function installUrl(): void {
  for (const [name, value] of Object.entries({ URL, URLSearchParams }))
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}
