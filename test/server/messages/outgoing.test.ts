/** Mails beside the requests: tried again, bounded, and silent about whom they are for. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from '../../../server/messages/message.ts';
import { createOutgoingMail } from '../../../server/messages/outgoing.ts';
import { recordingLog } from '../../support/recording-log.ts';

const letter: Message = { to: 'ada@example.com', subject: 's', text: 't' };
const one = () => Promise.resolve([letter]);
const refusal = () => Object.assign(new Error('550 no such mailbox ada@example.com'), { code: 'EENVELOPE' });

function mails(failures: number, options: { pausesMs?: readonly number[]; maxUnderWay?: number } = {}) {
  const { log, lines } = recordingLog();
  const sent: Message[] = [];
  let tries = 0;
  const sender = {
    send(message: Message) {
      tries += 1;
      if (tries <= failures) return Promise.reject(refusal());
      sent.push(message);
      return Promise.resolve();
    },
  };
  return { mail: createOutgoingMail({ sender, log, pausesMs: [1, 1], ...options }), sent, lines, tries: () => tries };
}

describe('createOutgoingMail', () => {
  it('tries again after a failure', async () => {
    const { mail, sent, tries } = mails(2);
    mail.post(one);
    while (sent.length === 0) await sleep(1);
    assert.deepEqual([sent, tries()], [[letter], 3]);
    await mail.stop();
  });

  it('gives up at last, and tells the log a code and no address', async () => {
    const { mail, lines, tries } = mails(99);
    mail.post(one);
    while (lines.length === 0) await sleep(1);
    assert.equal(tries(), 3);
    assert.deepEqual(lines[0]?.fields, { code: 'EENVELOPE', status: undefined });
    assert.doesNotMatch(JSON.stringify(lines), /ada/);
    await mail.stop();
  });

  it('says so when there is nothing to be had, and lives on', async () => {
    const { mail, sent, lines } = mails(0);
    mail.post(() => Promise.reject(new Error('the database is away')));
    mail.post(one);
    while (sent.length === 0 || lines.length === 0) await sleep(1);
    await mail.stop();
  });

  it('takes no more than it can hold, and nothing once it stops, which waits for no pause', async () => {
    const { mail, tries } = mails(99, { maxUnderWay: 2, pausesMs: [3_600_000] });
    assert.deepEqual([mail.post(one), mail.post(one), mail.post(one)], [true, true, false]);
    while (tries() < 2) await sleep(1);
    await mail.stop();
    assert.equal(mail.post(one), false);
  });
});
