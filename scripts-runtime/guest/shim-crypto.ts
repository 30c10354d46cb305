/** `require('crypto')`: hashes, HMACs and chance. */
import { Buffer } from './buffer.ts';
import { bytesOf, encodingOf, fromByteString, toByteString } from './bytes.ts';
import { randomBytes, randomUuid } from './chance.ts';
import { port } from './host.ts';

function digestable(finish: (bytes: string) => string): unknown {
  let bytes = '';
  const self = {
    update(data: unknown, encoding?: unknown): unknown {
      bytes += toByteString(typeof data === 'string' ? Buffer.from(data, encoding) : bytesOf(data));
      return self;
    },
    digest(encoding?: unknown): unknown {
      const found = Buffer.from(fromByteString(finish(bytes)));
      return encoding === undefined ? found : found.toString(encodingOf(encoding));
    },
  };
  return self;
}

export function makeCrypto(): unknown {
  return {
    createHash: (algorithm: unknown) => digestable((bytes) => port.native('hash', String(algorithm), bytes, '')),
    createHmac: (algorithm: unknown, key: unknown) =>
      digestable((bytes) => port.native('hmac', String(algorithm), toByteString(bytesOf(key)), bytes)),
    randomBytes: (length: number) => Buffer.from(randomBytes(length)),
    randomUUID: randomUuid,
    timingSafeEqual: (one: Uint8Array, other: Uint8Array) => Buffer.from(one).equals(other),
  };
}
