/** The making of a hash from elsewhere, without what is anybody's: a decoy of it costs what the hash itself costs. */
import { createHash } from 'node:crypto';
import { parseForeignHash } from './foreign-hash.ts';
import { ownPrefix } from './own-hash.ts';

const bcrypt = /^\$2[aby]\$\d\d\$/;
/** Base64 as bcrypt has it, of a salt that can be one. */
const bcryptRest = `${'C'.repeat(21)}.${'.'.repeat(31)}`;
const saltAndDigest = /\$[A-Za-z0-9+/.]+\$[A-Za-z0-9+/.]+$/;

/**
 * @returns the same hash with neither its salt nor its digest, each as long as it was: it verifies for no password, at the
 *   same cost; undefined for a hash of our own making, and for what is verified nowhere here
 */
export function formOf(hash: string): string | undefined {
  if (hash === '' || hash.startsWith(ownPrefix)) return undefined;
  const [prefix] = bcrypt.exec(hash) ?? [];
  if (prefix !== undefined) return `${prefix}${bcryptRest}`;
  const form = hash.replace(saltAndDigest, (found) => found.replaceAll(/[^$]/g, 'A'));
  // Also what cannot be verified here costs nobody anything.
  return parseForeignHash(form) === undefined ? undefined : form;
}

/**
 * Which of the forms of a pool is verified for somebody whose own hash is none of them: the same one every time.
 * @param who their id, or what was typed for nobody
 */
export function formFor(forms: readonly string[], who: string): string | undefined {
  if (forms.length <= 1) return forms[0];
  return forms[createHash('sha256').update(who).digest().readUInt32BE(0) % forms.length];
}
