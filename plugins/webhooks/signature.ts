/** Signatures by which a receiver knows who sent a request, and that it is new (Standard Webhooks 1.0.0). */
import { createHmac, randomBytes } from 'node:crypto';
import type { SigningSecret } from './webhook.ts';

const prefix = 'whsec_';

/** «24 to 64 bytes», here 32; base64 behind a prefix that says what it is. */
export function newSigningSecret(): string {
  return `${prefix}${randomBytes(32).toString('base64')}`;
}

/** The value of `X-API-Key`. */
export function newApiKey(): string {
  return randomBytes(32).toString('base64url');
}

/** Whether it is such a secret, of «24 to 64 bytes». */
export function isSigningSecret(text: string): boolean {
  if (!text.startsWith(prefix)) return false;
  const encoded = text.slice(prefix.length);
  const key = Buffer.from(encoded, 'base64');
  return key.length >= 24 && key.length <= 64 && key.toString('base64') === encoded;
}

export interface SignedMessage {
  /** The same whenever the same message is sent again. Holds no dot. */
  readonly id: string;
  /** Of this try. Milliseconds since the epoch. */
  readonly at: number;
  readonly body: string;
}

/**
 * The three headers of a request: `webhook-signature` holds one signature for each secret that is good, so that a receiver
 * that knows either of them goes on during a rotation.
 */
export function signatureHeaders(
  { id, at, body }: SignedMessage,
  secrets: readonly SigningSecret[],
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at / 1000));
  const signatures = secrets
    .filter(({ until }) => until === undefined || until > at)
    .map(({ secret }) => {
      const key = Buffer.from(secret.slice(prefix.length), 'base64');
      return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
    });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
