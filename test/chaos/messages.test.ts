/** A code that was asked for arrives: providers go away, workers are killed, Temporal is not there. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SMTPServer } from 'smtp-server';
import { composeCodes, type Codes } from '../../server/compose-codes.ts';
import { composeDispatch } from '../../server/compose-messages.ts';
import { systemClock as clock } from '../../server/kernel/clock.ts';
import { poolId, tenantId } from '../../server/kernel/ids.ts';
import type { Dispatch } from '../../server/messages/dispatch.ts';
import type { Pool } from '../../server/pools/pool.ts';
import { createSchemaCheck } from '../../server/schemas/schema-check.ts';
import { createRenderer } from '../../server/themes/renderer.ts';
import { createUserService } from '../../server/users/user.service.ts';
import type { User } from '../../server/users/user.ts';
import { createDeliveryClient, type DeliveryClient } from '../../workflows/client.ts';
import { openBackOffice, type BackOffice } from '../support/back-office.ts';
import { verifiedMail } from '../support/code-house.ts';
import { freePort } from '../support/free-port.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';

/** A mail server that can go away, and knows addresses it does not take just now. */
function postOffice(port: number) {
  const got: { readonly to: string; readonly text: string }[] = [];
  const tries: string[] = [];
  const closed = new Set<string>();
  let server: SMTPServer | undefined;
  return {
    got,
    tries,
    closed,
    open: () =>
      new Promise<void>((resolve) => {
        server = new SMTPServer({
          disabledCommands: ['STARTTLS', 'AUTH'],
          onRcptTo({ address }, _session, done) {
            tries.push(address);
            done(closed.has(address) ? Object.assign(new Error('later'), { responseCode: 451 }) : null);
          },
          onData(stream, { envelope }, done) {
            let text = '';
            stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
            stream.on('end', () => {
              for (const { address: to } of envelope.rcptTo) got.push({ to, text });
              done();
            });
          },
        });
        server.on('error', () => undefined);
        server.listen(port, '127.0.0.1', resolve);
      }),
    close: () =>
      new Promise<void>((resolve) => {
        if (server === undefined) resolve();
        else server.close(resolve);
      }),
  };
}

describe('a code on its way', function () {
  this.timeout(120_000);
  let platform: TestPlatform;
  let office: BackOffice;
  let post: ReturnType<typeof postOffice>;
  let deliveries: DeliveryClient;
  let dispatch: Dispatch;
  let codes: Codes;
  let pool: Pool;
  let people = 0;

  before(async () => {
    const port = await freePort();
    post = postOffice(port);
    platform = await startTestPlatform({ env: { MAIL_URL: `smtp://127.0.0.1:${String(port)}` } });
    office = await openBackOffice(platform);
    const { namespace, address } = platform.temporal;
    const keys = office.platform.keyRing;
    deliveries = createDeliveryClient({
      cluster: { address },
      namespace,
      taskQueue: 'gatehouse',
      keys,
      timeoutMs: 1000,
    });
    dispatch = composeDispatch(office.platform, deliveries);
    codes = composeCodes(office.platform, {
      renderer: createRenderer({ templatesDir: join(import.meta.dirname, '../../templates') }),
      dispatch,
      originOf: () => platform.origin,
    });
    const found = await office.platform.stores.pools.find(tenantId('default'), poolId('demo-pool'));
    assert.ok(found);
    pool = found;
  });
  after(async () => {
    await dispatch.stop();
    await deliveries.close();
    await office.close();
    await platform.stop();
    await post.close();
  });
  beforeEach(() => {
    post.got.length = 0;
    post.tries.length = 0;
    post.closed.clear();
  });
  afterEach(() => post.close());

  const addPerson = async (): Promise<{ readonly user: User; readonly addresses: readonly string[] }> => {
    people += 1;
    const addresses = ['main', 'other'].map((name) => `${name}-${String(people)}@example.com`);
    const { unitOfWork, hasher, passwords } = office.platform;
    const users = createUserService({
      unitOfWork,
      hasher,
      policy: passwords.policy,
      schemaCheck: createSchemaCheck(),
      clock,
    });
    const given = { tenantId: pool.tenantId, poolId: pool.id, payload: {}, identifiers: [] };
    const { user } = await users.create({ ...given, addresses: addresses.map(verifiedMail) });
    return { user, addresses };
  };
  const ask = async ({ user, addresses }: Awaited<ReturnType<typeof addPerson>>) => {
    const to = addresses.map((normalized) => ({ type: 'email', normalized }) as const);
    const from = { kind: 'program' } as const;
    const sending = { pool, type: 'challenge', user, typed: user.id, to, name: 'Shop', locale: 'en', from } as const;
    assert.deepEqual(await codes.routes.sender.send(sending), { kind: 'begun' });
  };
  const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await isSo())) await delay(50);
  };
  const waiting = async () => (await office.count('messages', { state: 'waiting' })) > 0;
  const failedOnce = async () =>
    (await office.platform.database('messages').where({ state: 'waiting' }).where('attempts', '>', 0)).length > 0;
  const codeIn = (text = ''): string => /^(\d{6})\r?$/m.exec(text)?.[1] ?? '';

  it('waits for a mail server that is down, also where the worker is killed meanwhile', async () => {
    const person = await addPerson();
    await ask(person);
    await until(failedOnce);
    await platform.worker.kill();
    await post.open();
    await platform.worker.start();
    await until(() => post.got.length > 0);
    await until(async () => !(await waiting()));
    const code = codeIn(post.got[0]?.text);
    const guess = { pool, type: 'challenge', user: person.user, typed: person.user.id, code } as const;
    assert.equal((await codes.routes.checker.check(guess)).kind, 'right');
  });

  it('goes to the fallback address while the first one takes nothing', async () => {
    await post.open();
    const person = await addPerson();
    const [main = '', other] = person.addresses;
    post.closed.add(main);
    await ask(person);
    await until(() => post.got.length > 0);
    assert.deepEqual(
      post.got.map(({ to }) => to),
      [other],
    );
    assert.equal(post.tries.filter((to) => to === main).length, 4);
  });

  it('is not lost where Temporal was away when it was asked for', async () => {
    await post.open();
    const person = await addPerson();
    await platform.temporal.halt();
    await ask(person);
    await dispatch.stop();
    assert.equal(await waiting(), true);
    await platform.temporal.resume();
    await until(() => post.got.length > 0);
    assert.deepEqual(
      post.got.map(({ to }) => to),
      [person.addresses[0]],
    );
  });
});
