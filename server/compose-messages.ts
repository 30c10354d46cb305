/** The composition root's part that sends: by mail, by text, or into the mailbox of a developer's machine. */
import { join } from 'node:path';
import type { DeliveryClient } from '../workflows/client.ts';
import type { Config } from './config.ts';
import { isLoopbackHost } from './config/public-url.ts';
import { systemClock as clock } from './kernel/clock.ts';
import { createCourier, type Courier } from './messages/courier.ts';
import { createDispatch, type Dispatch, type DispatchDeps } from './messages/dispatch.ts';
import { createMailbox, type Mailbox } from './messages/mailbox.ts';
import type { MessageSender, SmsSender } from './messages/message.ts';
import { createSmsGateway } from './messages/sms-gateway.ts';
import { createGuardedFetch } from './net/guarded-fetch.ts';

export interface MessageParts {
  readonly courier: Courier;
  /** Where messages stay on a developer's machine. */
  readonly mailbox: Mailbox | undefined;
  /** Whether mails can be sent at all. */
  readonly mails: boolean;
  readonly closeMessages: () => void;
}

export async function openMessages(config: Config): Promise<MessageParts> {
  const mailbox = config.mail.mailbox
    ? createMailbox({ file: join(config.dataDir, 'mailbox.jsonl'), clock })
    : undefined;
  const mail = await mailSender(config, mailbox);
  return {
    courier: createCourier({ mail, sms: smsSender(config, mailbox) }),
    mailbox,
    mails: mail !== undefined,
    closeMessages: () => mail?.close(),
  };
}

/** Loads what speaks SMTP only where there is somebody to speak to. */
async function mailSender(
  { mail: { url, from } }: Config,
  mailbox: Mailbox | undefined,
): Promise<MessageSender | undefined> {
  if (url === undefined) return mailbox;
  const { createSmtpSender } = await import('./messages/smtp-sender.ts');
  return createSmtpSender({ url, from });
}

const smsTimeoutMs = 10_000;

function smsSender({ sms, outgoingAllow }: Config, mailbox: Mailbox | undefined): SmsSender | undefined {
  if (sms === undefined) return mailbox?.sms;
  // Its address is the operator's word, which may name this machine.
  const { hostname } = new URL(sms.url);
  const allow = isLoopbackHost(hostname) ? [...outgoingAllow, hostname.replaceAll(/[[\]]/g, '')] : outgoingAllow;
  return createSmsGateway({ ...sms, fetch: createGuardedFetch({ allow, timeoutMs: smsTimeoutMs, maxBytes: 65_536 }) });
}

/** What starts the delivery of messages once they are written. */
export function composeDispatch(
  {
    stores,
    dataKeys,
    log,
  }: Pick<DispatchDeps, 'dataKeys' | 'log'> & {
    readonly stores: Pick<DispatchDeps, 'messages'>;
  },
  deliveries: Pick<DeliveryClient, 'start'>,
): Dispatch {
  return createDispatch({ messages: stores.messages, dataKeys, deliveries, clock, log });
}
