/** A browser that signed a person in before: it escapes the per-person delay, so that nobody can lock a stranger out. */
import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';

export interface DeviceCookies {
  /** A new value that says «this person signed in from this browser». */
  issue(personKey: string): string;
  /** @returns the device's id where the value was issued for this person, else undefined. In constant time. */
  verify(value: string | undefined, personKey: string): string | undefined;
}

/** @param key at least 32 random bytes, the same in every process that serves pages */
export function createDeviceCookies(key: Uint8Array): DeviceCookies {
  // Bytes would be made into a key object with every tag, which takes longer than the tag.
  const secret = createSecretKey(key);
  const tag = (device: string, personKey: string): Buffer =>
    createHmac('sha256', secret).update(`${device}\n${personKey}`).digest();
  return {
    issue(personKey) {
      const device = randomBytes(16).toString('base64url');
      return `${device}.${tag(device, personKey).toString('base64url')}`;
    },
    verify(value, personKey) {
      const [device = '', given = ''] = (value ?? '').slice(0, 200).split('.');
      const presented = Buffer.from(given, 'base64url');
      const expected = tag(device, personKey);
      return presented.length === expected.length && timingSafeEqual(presented, expected) ? device : undefined;
    },
  };
}
