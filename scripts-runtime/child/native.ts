/** Arithmetic on behalf of an isolate: takes text, answers text, and keeps nothing. */
import { createCipheriv, createHash, createHmac } from 'node:crypto';

type Native = (operation: string, first: string, second: string, third: string) => string;

const encodings = new Set(['utf8', 'hex', 'base64', 'base64url']);
const hashes = new Set(['md5', 'sha1', 'sha256', 'sha384', 'sha512']);
const settable = new Set(['search', 'pathname', 'hash']);
const maxRandomBytes = 65_536;

function encodingOf(name: string): BufferEncoding {
  if (!encodings.has(name)) throw new TypeError('no such encoding');
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- one of the four above
  return name as BufferEncoding;
}

function hashOf(name: string): string {
  const lower = name.toLowerCase().replace('-', '');
  if (!hashes.has(lower))
    throw new TypeError(`the hash ${lower.slice(0, 32)} is not there; there are ${[...hashes].join(', ')}`);
  return lower;
}

/** A key stream (ChaCha20, RFC 8439) of the run's seed: chance that comes again when the seed does. */
function chance(seed: string): (length: number) => Buffer {
  const stream = createCipheriv('chacha20', Buffer.from(seed, 'hex'), Buffer.alloc(16));
  return (length) => stream.update(Buffer.alloc(length));
}

function urlParts(text: string, base: string): string {
  const url = URL.parse(text, base === '' ? undefined : base);
  return url === null ? '' : partsOf(url);
}

function partsOf({
  href,
  origin,
  protocol,
  username,
  password,
  host,
  hostname,
  port,
  pathname,
  search,
  hash,
}: URL): string {
  return JSON.stringify({ href, origin, protocol, username, password, host, hostname, port, pathname, search, hash });
}

function changed(href: string, part: string, value: string): string {
  const url = new URL(href);
  if (!settable.has(part)) throw new TypeError('no such part of a URL');
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- one of the three above
  url[part as 'search' | 'pathname' | 'hash'] = value;
  return partsOf(url);
}

function formOf(json: string): string {
  const pairs: unknown = JSON.parse(json);
  if (!Array.isArray(pairs)) throw new TypeError('no list of pairs');
  return new URLSearchParams(
    pairs.map((pair: unknown): [string, string] =>
      Array.isArray(pair) ? [String(pair[0]), String(pair[1])] : ['', ''],
    ),
  ).toString();
}

/** @param seed hexadecimal */
export function nativeOf(seed: string, libraries: Readonly<Record<string, string>>): Native {
  const random = chance(seed);
  const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
  const operations: Readonly<Record<string, Native>> = {
    encode: (_, encoding, text) => Buffer.from(text, encodingOf(encoding)).toString('latin1'),
    decode: (_, encoding, text) => bytes(text).toString(encodingOf(encoding)),
    hash: (_, name, data) => createHash(hashOf(name)).update(bytes(data)).digest().toString('latin1'),
    hmac: (_, name, key, data) => createHmac(hashOf(name), bytes(key)).update(bytes(data)).digest().toString('latin1'),
    random: (_, length) => {
      const count = Number(length);
      if (!(Number.isInteger(count) && count >= 0 && count <= maxRandomBytes))
        throw new RangeError(`at most ${String(maxRandomBytes)} random bytes at once`);
      return random(count).toString('latin1');
    },
    url: (_, text, base) => urlParts(text, base),
    'url.set': (_, href, part, value) => changed(href, part, value),
    query: (_, text) => JSON.stringify([...new URLSearchParams(text)]),
    form: (_, pairs) => formOf(pairs),
    library: (_, name) => (Object.hasOwn(libraries, name) ? (libraries[name] ?? '') : ''),
  };
  // Whatever it is called with: an isolate may say anything.
  return (operation, first, second, third) => {
    const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
    if (run === undefined) throw new TypeError('no such operation');
    return run(operation, first, second, third);
  };
}
