/** Bytes between their two forms here: typed arrays for scripts, strings of characters up to 255 for the host. */
import { port } from './host.ts';

export type Encoding = 'utf8' | 'hex' | 'base64' | 'base64url' | 'latin1';

const chunk = 8192;

export function toByteString(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += chunk) text += String.fromCharCode(...bytes.subarray(at, at + chunk));
  return text;
}

export function fromByteString(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** Text in an encoding → bytes. */
export function encode(text: string, encoding: Encoding): Uint8Array<ArrayBuffer> {
  return fromByteString(encoding === 'latin1' ? text : port.native('encode', encoding, text, ''));
}

/** Bytes → text in an encoding. */
export function decode(bytes: Uint8Array, encoding: Encoding): string {
  const text = toByteString(bytes);
  return encoding === 'latin1' ? text : port.native('decode', encoding, text, '');
}

/** What web interfaces take as bytes. @throws TypeError for anything else */
export function bytesOf(value: unknown): Uint8Array {
  if (typeof value === 'string') return encode(value, 'utf8');
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  throw new TypeError('bytes are a string, an ArrayBuffer or a view of one');
}

export function encodingOf(name: unknown): Encoding {
  const lower = typeof name === 'string' ? name.toLowerCase() : 'utf8';
  switch (lower) {
    case 'utf8':
    case 'utf-8':
      return 'utf8';
    case 'hex':
    case 'base64':
    case 'base64url':
    case 'latin1':
      return lower;
    case 'binary':
    case 'ascii':
      return 'latin1';
    default:
      throw new TypeError(`the encoding ${lower} is not known; there are utf8, hex, base64, base64url and latin1`);
  }
}
