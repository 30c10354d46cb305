/** What Temporal keeps of logins by code, by passkey and with a password that was replaced, and of the mail with the code. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { Client as TemporalClient, type Connection } from '@temporalio/client';
import { demoPoolId } from '../../server/bootstrap/demo-person.ts';
import { tenantId } from '../../server/kernel/ids.ts';
import { poolSettingsSchema, type Mechanism } from '../../server/pools/pool.ts';
import { createPayloadCodec } from '../../workflows/codec.ts';
import { connectWithin } from '../../workflows/connection.ts';
import { createDataConverter } from '../../workflows/data-converter.ts';
import { createMeans, type InHand } from '../chaos/means.ts';
import { createPerson } from '../chaos/person.ts';
import { openBackOffice, type BackOffice } from '../support/back-office.ts';
import { readTexts } from '../support/history-texts.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { begin, connect } from '../support/relying-party.ts';
import { findSecrets, type Secrets } from '../support/secret-search.ts';
import { readTemporalBytes } from '../support/temporal-bytes.ts';
import { createWebBrowser } from '../support/web-browser.ts';

const namespace = 'default';
const tenant = tenantId('default');

describe('the histories of logins by other ways than a password', function () {
  this.timeout(120_000);
  let platform: TestPlatform;
  let office: BackOffice;
  let connection: Connection;
  let temporal: TemporalClient;
  let histories: readonly { readonly type: string; readonly texts: readonly string[] }[];
  const secrets: Record<string, string[]> = { code: [], assertion: [], password: [], address: [] };
  const note = (name: string, ...values: readonly string[]): void => {
    secrets[name]?.push(...values.filter((value) => value.length >= 12));
  };

  /** By this way alone, and by codes so long that chance puts them nowhere. */
  async function allow(way: Mechanism): Promise<void> {
    const { pools } = office.platform.stores;
    const pool = await pools.find(tenant, demoPoolId);
    assert.ok(pool);
    const settings = poolSettingsSchema.parse({ ...pool.settings, otp_settings: { authentication: { length: 32 } } });
    await pools.update({ ...pool, authenticationMechanisms: [way], settings });
  }

  async function signIn(hand: InHand): Promise<void> {
    const client = await office.addClient({ client_name: 'History reader' });
    const begun = await begin(await connect(platform.issuer, client), {});
    const browser = createWebBrowser(platform.origin);
    const person = createPerson(browser, { ...hand, consent: 'allow' });
    const arrived = await person.arrive(await browser.open(begun.url));
    assert.ok(arrived.url.searchParams.get('code'), person.entered.join());
  }

  /** What the authenticator says, whole and in its parts. */
  const signing = ({ sign, ...hand }: InHand): InHand => ({
    ...hand,
    sign(page) {
      const answer = sign?.(page) ?? '';
      const { id, response } = JSON.parse(answer) as { id: string; response: Record<string, string> };
      note('assertion', answer, id, ...Object.values(response));
      const clientData = JSON.parse(String(Buffer.from(response['clientDataJSON'] ?? '', 'base64url'))) as {
        challenge: string;
      };
      note('assertion', clientData.challenge);
      return answer;
    },
  });

  before(async () => {
    platform = await startTestPlatform();
    office = await openBackOffice(platform);
    connection = await connectWithin({ address: platform.temporal.address }, namespace, 5000);
    temporal = new TemporalClient({ connection, dataConverter: createDataConverter(office.platform.keyRing) });
    const equip = createMeans(platform, office);

    await allow('otp');
    const mail = await equip('password');
    await signIn(mail);
    note('code', ...((await mail.codes?.()) ?? []));
    note('address', mail.identifier);

    await allow('webauthn');
    const passkey = signing(await equip('passkey'));
    await signIn(passkey);
    note('address', passkey.identifier);

    await allow('password');
    const expired = await equip('expired password');
    await signIn(expired);
    note('password', expired.password, expired.newPassword ?? '');
    note('address', expired.identifier);

    histories = await finished();
  });
  after(async () => {
    await connection.close();
    await office.close();
    await platform.stop();
  });

  async function finished() {
    const codec = createPayloadCodec({ keys: office.platform.keyRing });
    const ended: { readonly id: string; readonly type: string }[] = [];
    for (const deadline = Date.now() + 60_000; ended.length < 4 && Date.now() < deadline; await delay(200)) {
      ended.length = 0;
      for await (const { workflowId, status, type } of temporal.workflow.list())
        if (status.name === 'COMPLETED') ended.push({ id: workflowId, type });
    }
    return Promise.all(
      ended.map(async ({ id, type }) => {
        const handle = temporal.workflow.getHandle(id);
        const described = await connection.workflowService.describeWorkflowExecution({
          namespace,
          execution: { workflowId: id },
        });
        const texts = { history: await handle.fetchHistory(), described };
        return { type, ...(await readTexts(texts, codec, { namespace, workflowId: id })) };
      }),
    );
  }

  it('are three logins and a delivery, with secrets to look for', () => {
    const types = histories.map(({ type }) => type).sort();
    assert.deepEqual(types, ['authentication', 'authentication', 'authentication', 'delivery']);
    assert.deepEqual(
      Object.entries(secrets).map(([name, { length }]) => [name, length > 0]),
      Object.keys(secrets).map((name) => [name, true]),
    );
    assert.ok((secrets['assertion'] ?? []).length >= 6);
    assert.equal((secrets['password'] ?? []).length, 2);
  });

  it('hold no code, assertion, address or password in anything the codec decodes', () => {
    for (const { type, texts } of histories) {
      assert.ok(texts.length > 10, 'nothing was decoded');
      assert.deepEqual(findSecrets(texts, secrets), [], type);
    }
  });

  it('show none of it in the bytes of its files, where the same search finds one that was planted', async () => {
    assert.deepEqual(findSecrets(await readTemporalBytes(platform.temporal.dataDir), secrets), []);
    const planted: Secrets = secrets;
    const [code = ''] = planted['code'] ?? [];
    await new TemporalClient({ connection }).workflow.start('authentication', {
      workflowId: 'planted',
      taskQueue: 'nobody-listens',
      args: [{ code }],
      memo: { assertion: planted['assertion']?.[1] },
    });
    const bytes = await readTemporalBytes(platform.temporal.dataDir);
    assert.deepEqual([...findSecrets(bytes, secrets)].sort(), ['assertion', 'code']);
  });
});
