/** Hands one letter in where it belongs, and says of a failure what a log and a history may hold: a code. */
import { PlatformError } from '../kernel/errors.ts';
import type { Letter, MessageSender, SmsSender } from './message.ts';

export type Sending =
  | { readonly kind: 'sent' }
  /** Not now. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** Never to this address, or never by this way. */
  | { readonly kind: 'refused'; readonly reason: string };

export interface Courier {
  /** Never rejects. */
  send(letter: Letter): Promise<Sending>;
}

export interface CourierDeps {
  /** Undefined where no mail can be sent. */
  readonly mail: Pick<MessageSender, 'send'> | undefined;
  /** Undefined where no text can be sent. */
  readonly sms: SmsSender | undefined;
}

export function createCourier({ mail, sms }: CourierDeps): Courier {
  return {
    async send(letter) {
      if (letter.channel === 'mail') {
        if (mail === undefined) return { kind: 'refused', reason: 'no_mail' };
        const { to, subject, text, id } = letter;
        return handIn(() => mail.send({ to, subject, text, ...(id === undefined ? {} : { id }) }), mailFailure);
      }
      if (sms === undefined) return { kind: 'refused', reason: 'no_sms' };
      const { to, text, id } = letter;
      return handIn(() => sms.send({ to, text, ...(id === undefined ? {} : { id }) }), smsFailure);
    },
  };
}

async function handIn(send: () => Promise<void>, failureOf: (error: unknown) => Sending): Promise<Sending> {
  try {
    await send();
    return { kind: 'sent' };
  } catch (error) {
    return failureOf(error);
  }
}

/** 5yz is a permanent negative completion (RFC 5321 §4.2.1), but one to our own login says nothing of the address. */
function mailFailure(error: unknown): Sending {
  const code = codeOf(error);
  const status = numberOf(error, 'responseCode');
  const reason = status === undefined ? code : `smtp_${String(status)}`;
  const isPermanent = status !== undefined && status >= 500 && status < 600 && code !== 'EAUTH';
  return { kind: isPermanent ? 'refused' : 'failed', reason };
}

/** What the provider says of this message; what it says of us, or of its own state, passes. */
const permanentStatuses = new Set([400, 404, 410, 422]);

function smsFailure(error: unknown): Sending {
  const status = numberOf(error, 'status');
  if (status === undefined || error instanceof PlatformError) return { kind: 'failed', reason: codeOf(error) };
  return { kind: permanentStatuses.has(status) ? 'refused' : 'failed', reason: `sms_${String(status)}` };
}

/** Only what looks like a code: whatever else it may be, it could quote an address. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Za-z_]{1,40}$/.test(code) ? code : 'unknown';
}

function numberOf(error: unknown, member: 'responseCode' | 'status'): number | undefined {
  if (!(error instanceof Error) || !(member in error)) return undefined;
  const value: unknown = Reflect.get(error, member);
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}
