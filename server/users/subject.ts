/** The `sub` of a person: stable for one idp's person, and the same for nobody else's. */
import { createHash } from 'node:crypto';
import type { IdpId } from '../kernel/ids.ts';

/** A 32-bit length before each part: `ab`+`c` and `a`+`bc` are two people. */
function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/**
 * @param format `hash`: SHA-256 of idp and its subject, 64 lower-case hex digits, so that no idp can name another's
 *   person; `legacy`: what the idp itself calls them
 */
export function subjectFor(format: 'hash' | 'legacy', idp: IdpId, idpSubject: string): string {
  if (format === 'legacy') return idpSubject;
  return createHash('sha256').update(lengthPrefixed(idp)).update(lengthPrefixed(idpSubject)).digest('hex');
}
