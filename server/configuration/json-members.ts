/** Reading a JSON object larger than memory: its members one by one, and those that are arrays element by element. */
import { PlatformError } from '../kernel/errors.ts';

export interface JsonMember {
  readonly name: string;
  /** The element's place in its array; undefined where the member is no array. */
  readonly index: number | undefined;
  readonly value: unknown;
}

export interface JsonBounds {
  /** Bytes of one value: an element, or a member that is no array. */
  readonly longestValue: number;
  /** How deep one value may be nested. */
  readonly deepest: number;
}

/** Bytes that mean something outside of strings (RFC 8259 §2). */
const [quote, backslash, colon, comma] = [0x22, 0x5c, 0x3a, 0x2c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** More is no configuration. */
const mostMembers = 1000;

/** What may come next, outside of values. */
type Place = 'start' | 'first name' | 'name' | 'colon' | 'member' | 'first element' | 'element' | 'after' | 'end';

function malformed(message: string): PlatformError {
  return new PlatformError('bad_request', `The body is no JSON: ${message}.`);
}

/** Cuts the stream at the borders of values and leaves what is between them to JSON.parse. */
interface Cutter {
  push(chunk: Uint8Array): Generator<JsonMember>;
  isComplete(): boolean;
}

function createCutter(bounds: JsonBounds): Cutter {
  let place: Place = 'start';
  let name = '';
  let index: number | undefined;
  const names = new Set<string>();
  const value = createValueReader(bounds);
  const where = (): string => (index === undefined ? `/${name}` : `/${name}/${String(index)}`);

  /** Takes a byte between values. @returns whether a value begins with it */
  const begins = (byte: number): boolean => {
    switch (place) {
      case 'start':
        if (byte !== openBrace) throw malformed('it has to be an object');
        place = 'first name';
        return false;
      case 'first name':
      case 'name':
        if (byte === closeBrace && place === 'first name') {
          place = 'end';
          return false;
        }
        if (byte !== quote) throw malformed('a name is missing');
        place = 'name';
        return true;
      case 'colon':
        if (byte !== colon) throw malformed('a colon is missing');
        place = 'member';
        return false;
      case 'member':
        if (byte !== openBracket) return true;
        place = 'first element';
        index = 0;
        return false;
      case 'first element':
      case 'element':
        if (byte === closeBracket && place === 'first element') {
          index = undefined;
          place = 'after';
          return false;
        }
        place = 'element';
        return true;
      case 'after':
        follows(byte);
        return false;
      case 'end':
        throw malformed('something follows its end');
    }
  };

  const follows = (byte: number): void => {
    if (byte === comma) {
      place = index === undefined ? 'name' : 'element';
      if (index !== undefined) index += 1;
    } else if (index !== undefined && byte === closeBracket) index = undefined;
    else if (index === undefined && byte === closeBrace) place = 'end';
    else throw malformed('a comma is missing');
  };

  const take = (): JsonMember | undefined => {
    const read = parsed(value.take(), where());
    if (place !== 'name') {
      place = 'after';
      return { name, index, value: read };
    }
    place = 'colon';
    name = String(read);
    // The last one would win silently.
    if (names.has(name)) throw malformed(`the member ${name.slice(0, 64)} is there twice`);
    names.add(name);
    if (names.size > mostMembers) throw malformed('it has too many members');
    return undefined;
  };

  return {
    *push(chunk) {
      let from = 0;
      let isReading = value.isReading();
      for (let at = 0; at < chunk.length; at += 1) {
        const byte = chunk[at] ?? 0;
        if (!isReading) {
          if (isSpace(byte) || !begins(byte)) continue;
          from = at;
          isReading = true;
        }
        const end = value.end(byte, at, where);
        if (end === undefined) continue;
        value.keep(chunk.subarray(from, end), where);
        const found = take();
        isReading = false;
        if (found !== undefined) yield found;
        // A number ends with what follows it, which is still to be looked at.
        at = end - 1;
      }
      // A copy: the chunk is its giver's again.
      if (isReading) value.keep(chunk.slice(from), where);
    },
    isComplete: () => place === 'end',
  };
}

/** One value as it comes in, and where it ends. */
function createValueReader({ longestValue, deepest }: JsonBounds) {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let pieces: Uint8Array[] = [];
  let length = 0;

  return {
    isReading: () => pieces.length > 0,
    /** @returns where in its chunk the value ends that this byte belongs to, or ends */
    end(byte: number, at: number, where: () => string): number | undefined {
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) {
          inString = false;
          if (depth === 0) return at + 1;
        }
        return undefined;
      }
      if (byte === quote) inString = true;
      else if (byte === openBrace || byte === openBracket) {
        depth += 1;
        if (depth > deepest) throw tooLarge(where(), 'is nested too deep');
      } else if (byte === closeBrace || byte === closeBracket) {
        if (depth === 0) return at;
        depth -= 1;
        if (depth === 0) return at + 1;
      } else if (depth === 0 && (byte === comma || isSpace(byte))) return at;
      return undefined;
    },
    keep(piece: Uint8Array, where: () => string): void {
      length += piece.length;
      if (length > longestValue) throw tooLarge(where(), 'is too large');
      pieces.push(piece);
    },
    take(): Uint8Array {
      const bytes = Buffer.concat(pieces);
      pieces = [];
      length = 0;
      return bytes;
    },
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parsed(bytes: Uint8Array, where: string): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    throw malformed(`${where} cannot be read`);
  }
}

function tooLarge(pointer: string, message: string): PlatformError {
  return new PlatformError('payload_too_large', `${pointer} ${message}.`);
}

/**
 * Reads one object. Never more than one value is in memory; a member without a value in its array yields nothing.
 * @param source UTF-8
 * @throws PlatformError `bad_request` for what is no JSON object, `payload_too_large` beyond the bounds
 */
export async function* jsonMembers(source: AsyncIterable<Uint8Array>, bounds: JsonBounds): AsyncGenerator<JsonMember> {
  const cutter = createCutter(bounds);
  for await (const chunk of source) yield* cutter.push(chunk);
  if (!cutter.isComplete()) throw malformed('it ends too early');
}
