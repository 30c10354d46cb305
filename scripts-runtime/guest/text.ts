/** Text and bytes as the web has them: TextEncoder, TextDecoder, btoa and atob. */
import { bytesOf, decode, encode, fromByteString, toByteString } from './bytes.ts';

class TextEncoder {
  readonly encoding = 'utf-8';
  encode(text = ''): Uint8Array {
    return encode(text, 'utf8');
  }
}

class TextDecoder {
  readonly encoding = 'utf-8';
  constructor(label = 'utf-8') {
    if (!/^utf-?8$/i.test(label)) throw new RangeError(`the encoding ${label} is not there; utf-8 is`);
  }
  decode(bytes?: unknown): string {
    return bytes === undefined ? '' : decode(bytesOf(bytes), 'utf8');
  }
}

export function installText(): void {
  const btoa = (text: unknown): string => {
    const bytes = String(text);
    if (/[^\0-\xff]/.test(bytes)) throw new TypeError('btoa takes characters up to 255');
    return decode(fromByteString(bytes), 'base64');
  };
  const atob = (text: unknown): string => toByteString(encode(String(text), 'base64'));
  for (const [name, value] of Object.entries({ TextEncoder, TextDecoder, btoa, atob }))
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}
