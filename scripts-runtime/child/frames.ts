/** Messages between the platform and a child: JSON behind its length, and never longer than the reader allows. */

const headerBytes = 4;

/** @returns the message as it goes over the pipe */
export function frameOf(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message), 'utf8');
  const frame = Buffer.allocUnsafe(headerBytes + body.length);
  frame.writeUInt32BE(body.length);
  body.copy(frame, headerBytes);
  return frame;
}

/**
 * Cuts what arrives into messages.
 * @param onMessage given the JSON of each
 * @param maxBytes of one message
 * @returns takes what arrived @throws RangeError at a length above the bound, before anything of it is kept
 */
export function frameReader(maxBytes: number, onMessage: (json: string) => void): (chunk: Buffer) => void {
  let kept: Buffer[] = [];
  let size = 0;
  return (chunk) => {
    kept.push(chunk);
    size += chunk.length;
    while (size >= headerBytes) {
      const [first] = kept;
      const whole = first && first.length >= headerBytes ? first : Buffer.concat(kept);
      const length = whole.readUInt32BE();
      if (length > maxBytes) throw new RangeError(`a message of ${String(length)} bytes`);
      if (size < headerBytes + length) {
        if (whole !== first) kept = [whole];
        return;
      }
      const all = kept.length === 1 ? whole : Buffer.concat(kept);
      const rest = all.subarray(headerBytes + length);
      kept = rest.length === 0 ? [] : [rest];
      size = rest.length;
      onMessage(all.toString('utf8', headerBytes, headerBytes + length));
    }
  };
}
