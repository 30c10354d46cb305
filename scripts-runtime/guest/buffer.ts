/** As much of Node's `Buffer` as scripts use to turn text into other text. */
import { bytesOf, decode, encode, encodingOf } from './bytes.ts';

export class Buffer extends Uint8Array {
  static override from(value: unknown, encoding?: unknown): Buffer {
    const bytes =
      typeof value === 'string'
        ? encode(value, encodingOf(encoding))
        : Array.isArray(value)
          ? Uint8Array.from(value as readonly number[])
          : bytesOf(value);
    const copy = new Buffer(bytes.length);
    copy.set(bytes);
    return copy;
  }
  static alloc(length: number, fill = 0): Buffer {
    return new Buffer(length).fill(fill);
  }
  static concat(list: readonly Uint8Array[]): Buffer {
    const whole = new Buffer(list.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const one of list) {
      whole.set(one, at);
      at += one.length;
    }
    return whole;
  }
  static byteLength(value: unknown, encoding?: unknown): number {
    return Buffer.from(value, encoding).length;
  }
  static isBuffer(value: unknown): boolean {
    return value instanceof Buffer;
  }
  override toString(encoding?: unknown): string {
    return decode(this, encodingOf(encoding));
  }
  toJSON(): unknown {
    return { type: 'Buffer', data: [...this] };
  }
  equals(other: Uint8Array): boolean {
    return this.length === other.length && this.every((byte, at) => byte === other[at]);
  }
}

export function installBuffer(): void {
  Object.defineProperty(globalThis, 'Buffer', { value: Buffer, writable: true, configurable: true });
}
