/** Texts by a provider that takes JSON over HTTP: `{to, text}`, with a bearer token. */
import type { GuardedFetch } from '../net/guarded-fetch.ts';
import type { SmsSender } from './message.ts';

export interface SmsGateway {
  /** Where texts are posted. */
  readonly url: string;
  readonly token: string;
  /** Bounded in time and size. */
  readonly fetch: GuardedFetch;
}

/** What a provider answers instead of taking a text. */
class SmsRefused extends Error {
  override readonly name = 'SmsRefused';
  readonly status: number;

  constructor(status: number) {
    super('the provider did not take the text');
    this.status = status;
  }
}

/** Any status of 2xx means that the provider has it. One that knows `Idempotency-Key` sends a repeated text once. */
export function createSmsGateway({ url, token, fetch }: SmsGateway): SmsSender {
  return {
    async send({ to, text, id }) {
      const { status } = await fetch(url, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          ...(id === undefined ? {} : { 'idempotency-key': id }),
        },
        body: JSON.stringify({ to, text }),
      });
      if (status < 200 || status > 299) throw new SmsRefused(status);
    },
  };
}
