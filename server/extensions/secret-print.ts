/** Which secrets a run knew, so that it shows later whether they are the same: never the secret, and nothing to guess it by. */
import { createHmac } from 'node:crypto';
import type { Tape } from '../../scripts-runtime/index.ts';

/**
 * Of one secret in one run. Whoever has it and the seed of the tape can try secrets out: it is sealed with the tape, as the
 * seed is, and answered to nobody. Two runs have two prints of one secret.
 */
export interface SecretPrint {
  readonly name: string;
  /** HMAC-SHA-256 under a key of the tape, in base64url. */
  readonly print: string;
}

/** @param secrets what the script may read, by name */
export function secretPrints(
  { seed }: Pick<Tape, 'seed'>,
  secrets: ReadonlyMap<string, string>,
): readonly SecretPrint[] {
  if (secrets.size === 0) return [];
  // What a script draws comes from the seed as well, by another way: neither leads to the other.
  const key = createHmac('sha256', Buffer.from(seed, 'hex')).update('prints of secrets').digest();
  return [...secrets].map(([name, secret]) => ({
    name,
    print: createHmac('sha256', key)
      .update(JSON.stringify([name, secret]))
      .digest('base64url'),
  }));
}

/** @returns those of both; of a secret that was changed while a login waited there are two */
export function unitedPrints(before: readonly SecretPrint[], after: readonly SecretPrint[]): readonly SecretPrint[] {
  return [...before, ...after.filter((one) => !before.some((other) => isSame(one, other)))];
}

/** @returns names of secrets that are others by now, or gone, in order */
export function changedSecrets(then: readonly SecretPrint[], now: readonly SecretPrint[]): readonly string[] {
  const changed = then.filter((one) => !now.some((other) => isSame(one, other)));
  return [...new Set(changed.map(({ name }) => name))].sort();
}

const isSame = (one: SecretPrint, other: SecretPrint): boolean => one.name === other.name && one.print === other.print;
