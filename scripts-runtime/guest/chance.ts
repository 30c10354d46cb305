/** Chance, drawn from the seed of the run: unpredictable outside, and the same again in every replay. */
import { decode, fromByteString } from './bytes.ts';
import { port } from './host.ts';

export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return fromByteString(port.native('random', String(length), '', ''));
}

/** A random UUID (RFC 9562 §5.4). */
export function randomUuid(): string {
  const bytes = randomBytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return decode(bytes, 'hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** As many at once as a batch of random numbers takes. */
const batch = 256;

export function installChance(): void {
  let left: DataView | undefined;
  let offset = 0;
  Math.random = () => {
    if (left === undefined || offset >= left.byteLength) {
      left = new DataView(randomBytes(batch * 8).buffer);
      offset = 0;
    }
    const bits = left.getBigUint64(offset) >> 11n;
    offset += 8;
    return Number(bits) / 2 ** 53;
  };
  const crypto = {
    randomUUID: randomUuid,
    getRandomValues<T extends ArrayBufferView>(view: T): T {
      const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
      bytes.set(randomBytes(bytes.length));
      return view;
    },
  };
  Object.defineProperty(globalThis, 'crypto', { value: crypto, writable: true, configurable: true });
}
