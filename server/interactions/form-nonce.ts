/** A nonce in every form: bound to one step of one interaction (or to one form of one session), different on each rendering, the same on a double submit. */
import { createHash, createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';
import { authenticateStep } from '../../workflows/contract/authentication.ts';

export interface FormNonces {
  /** @param interaction its id, or whatever else names what the form belongs to. @param step what the form is for */
  issue(interaction: string, step: string): string;
  /** In constant time. False for a nonce of another step, another interaction, or of nobody's making. */
  verify(nonce: string, interaction: string, step: string): boolean;
}

/** @param key at least 32 random bytes, the same in every process that serves pages */
export function createFormNonces(key: Uint8Array): FormNonces {
  // Bytes would be made into a key object with every tag, which takes longer than the tag.
  const secret = createSecretKey(key);
  const tag = (random: string, interaction: string, step: string): Buffer =>
    createHmac('sha256', secret).update(`${random}\n${interaction}\n${step}`).digest();
  return {
    issue(interaction, step) {
      const random = randomBytes(16).toString('base64url');
      return `${random}.${tag(random, interaction, step).toString('base64url')}`;
    },
    verify(nonce, interaction, step) {
      const [random = '', given = '', ...rest] = nonce.slice(0, 200).split('.');
      const presented = Buffer.from(given, 'base64url');
      const expected = tag(random, interaction, step);
      return rest.length === 0 && presented.length === expected.length && timingSafeEqual(presented, expected);
    },
  };
}

/**
 * What a form is for: the step, and the person it speaks to. One drawn for somebody else is outdated, whoever left it
 * open in another tab. Signing in speaks to anybody.
 */
export function formOf(step: string, person: { readonly subject: string } | undefined): string {
  return step === authenticateStep || person === undefined ? step : `${step}\n${person.subject}`;
}

/** The id of the Update that a form leads to: it travels in clear in Temporal's history, so it tells nothing. */
export function updateIdOf(nonce: string): string {
  return createHash('sha256').update(nonce).digest('base64url');
}
