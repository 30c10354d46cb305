/** The two spellings of an ECDSA signature: ASN.1, as cryptography libraries hand it over, and JOSE's, two numbers side by side. */

/** Of each number of a P-256 signature. */
const numberBytes = 32;

/**
 * @param der `SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279 §2.2.3) of a curve of 256 bits, as OpenSSL makes it
 * @returns 64 bytes (RFC 7518 §3.4)
 */
export function toJose(der: Buffer): Buffer {
  const signature = Buffer.alloc(2 * numberBytes);
  let at = 2;
  for (const end of [numberBytes, 2 * numberBytes]) {
    const length = der.readUInt8(at + 1);
    // A number whose first bit is set has a zero before it, and one with leading zeros has none of them.
    const digits = der.subarray(at + 2 + Math.max(0, length - numberBytes), at + 2 + length);
    digits.copy(signature, end - digits.length);
    at += 2 + length;
  }
  return signature;
}
