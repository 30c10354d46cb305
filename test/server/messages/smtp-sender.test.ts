/** Mails as a real SMTP server gets them. */
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { isMailAddress } from '../../../server/messages/message.ts';
import { createSmtpSender } from '../../../server/messages/smtp-sender.ts';

describe('createSmtpSender', () => {
  let server: SMTPServer;
  let port: number;
  const got: { to: readonly string[]; user: unknown; raw: string }[] = [];

  before(async () => {
    server = new SMTPServer({
      disabledCommands: ['STARTTLS'],
      authOptional: true,
      allowInsecureAuth: true,
      onAuth({ username, password }, _session, done) {
        if (password === 'p@ss') done(null, { user: username });
        else done(new Error('no'));
      },
      onData(stream, { envelope, user }, done) {
        let raw = '';
        stream.setEncoding('utf8').on('data', (chunk: string) => (raw += chunk));
        stream.on('end', () => {
          got.push({ to: envelope.rcptTo.map(({ address }) => address), user, raw });
          done();
        });
      },
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });

    port = (server.server.address() as AddressInfo).port;
  });
  after(
    () =>
      new Promise<void>((resolve) => {
        server.close(resolve);
      }),
  );
  beforeEach(() => {
    got.length = 0;
  });

  const send = async (credentials: string, to = 'ada@example.com') => {
    const sender = createSmtpSender({
      url: `smtp://${credentials}127.0.0.1:${String(port)}`,
      from: 'Example <no-reply@example.com>',
    });
    try {
      await sender.send({ to, subject: 'Grüße\r\nBcc: all@example.com', text: 'Tenant name: acme\n' });
    } finally {
      sender.close();
    }
  };

  it('hands in plain text with credentials, to one address, whatever the subject holds', async () => {
    await send('me%40x:p%40ss@');
    const [mail] = got;
    assert.deepEqual([mail?.to, mail?.user], [['ada@example.com'], 'me@x']);
    assert.match(mail?.raw ?? '', /^From: "?Example"? <no-reply@example\.com>/m);
    assert.match(mail?.raw ?? '', /^Auto-Submitted: auto-generated/m);
    assert.doesNotMatch(mail?.raw ?? '', /^Bcc:/m);
    assert.match(mail?.raw ?? '', /Tenant name: acme/);
  });

  it('fails where the credentials are wrong, and where STARTTLS cannot be had away from this machine', async () => {
    await assert.rejects(send('me:wrong@'));
    const away = createSmtpSender({ url: `smtp://127.0.0.1.nip.example:${String(port)}`, from: 'a@example.com' });
    await assert.rejects(away.send({ to: 'ada@example.com', subject: 's', text: 't' }));
    away.close();
    assert.equal(got.length, 0);
  });
});

describe('isMailAddress', () => {
  it('takes what SMTP can address, and nothing that could say more', () => {
    for (const good of ['a@b.c', 'ada.lovelace+x@example.com', 'ä@example.com']) assert.ok(isMailAddress(good), good);
    for (const bad of [
      '',
      'a',
      '@b',
      'a@',
      'a@b@c',
      'a b@c',
      'a@b,c@d',
      '"a"@b',
      'a@b\n',
      'a@-b',
      `${'x'.repeat(65)}@b`,
    ])
      assert.ok(!isMailAddress(bad), bad);
  });
});
