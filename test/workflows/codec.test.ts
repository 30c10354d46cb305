/** What is encrypted stays readable to its own login only, and nothing else is believed. */
import assert from 'node:assert/strict';
import type { Payload, SerializationContext } from '@temporalio/common';
import { createPayloadCodec } from '../../workflows/codec.ts';
import { createTestKeys } from '../support/login-keys.ts';

const contextOf = (workflowId: string, namespace = 'default'): SerializationContext => ({
  type: 'workflow',
  namespace,
  workflowId,
});
const secret: Payload = {
  metadata: { encoding: Buffer.from('json/plain') },
  data: Buffer.from('"planted-secret"'),
};
const refusedWith = (code: string) => ({ name: 'PayloadRefused', code });

describe('createPayloadCodec', () => {
  const keys = createTestKeys();
  const codec = createPayloadCodec({ keys });
  const seal = async (workflowId: string): Promise<Payload> => {
    const [sealed] = await codec.encode([secret], contextOf(workflowId));
    assert.ok(sealed);
    return sealed;
  };

  it('gives back what it was given, metadata and all', async () => {
    const [opened] = await codec.decode([await seal('login-1')], contextOf('login-1'));
    assert.equal(Buffer.from(opened?.data ?? []).toString(), '"planted-secret"');
    assert.equal(Buffer.from(opened?.metadata?.['encoding'] ?? []).toString(), 'json/plain');
  });

  it('serves the activities of the workflow as well', async () => {
    const activity: SerializationContext = {
      type: 'activity',
      namespace: 'default',
      workflowId: 'login-1',
      isLocal: true,
    };
    const [opened] = await codec.decode(await codec.encode([secret], activity), contextOf('login-1'));
    assert.equal(Buffer.from(opened?.data ?? []).toString(), '"planted-secret"');
  });

  it('keeps an empty payload, as of a function that answers nothing', async () => {
    const empty: Payload = { metadata: { encoding: Buffer.from('binary/null') } };
    const [opened] = await codec.decode(await codec.encode([empty], contextOf('login-1')), contextOf('login-1'));
    assert.equal(opened?.data?.length, 0);
    assert.equal(Buffer.from(opened.metadata?.['encoding'] ?? []).toString(), 'binary/null');
  });

  it('shows nothing of the content, and never the same bytes twice', async () => {
    const [one, two] = [await seal('login-1'), await seal('login-1')];
    assert.equal(Buffer.from(one.data ?? []).includes('planted-secret'), false);
    assert.equal(Buffer.from(one.data ?? []).equals(Buffer.from(two.data ?? [])), false);
  });

  it('refuses to write what it has no key for', async () => {
    const none = createTestKeys();
    none.erase('login-1');
    const attempt = createPayloadCodec({ keys: none }).encode([secret], contextOf('login-1'));
    await assert.rejects(attempt, refusedWith('no_key'));
    await assert.rejects(codec.encode([secret]), refusedWith('no_workflow'));
  });

  it('refuses a payload in clear, that an attacker with access to Temporal wrote', async () => {
    await assert.rejects(codec.decode([secret], contextOf('login-1')), refusedWith('plaintext'));
  });

  it("refuses another login's payload", async () => {
    await assert.rejects(codec.decode([await seal('login-2')], contextOf('login-1')), refusedWith('foreign'));
  });

  it('refuses a payload that was moved to another namespace', async () => {
    const sealed = await seal('login-1');
    await assert.rejects(codec.decode([sealed], contextOf('login-1', 'other')), refusedWith('broken'));
  });

  it("refuses a payload that names another login's key", async () => {
    const sealed = await seal('login-2');
    const relabelled = {
      ...sealed,
      metadata: { ...sealed.metadata, 'encryption-key-id': Buffer.from('test-key-of-login-1') },
    };
    await assert.rejects(codec.decode([relabelled], contextOf('login-1')), refusedWith('broken'));
  });

  it('refuses a payload with one bit changed, or cut short', async () => {
    const sealed = await seal('login-1');
    const data = Buffer.from(sealed.data ?? []);
    const changed = Buffer.from(data);
    changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
    for (const wrong of [changed, data.subarray(0, 20), data.subarray(0, data.length - 1)]) {
      await assert.rejects(codec.decode([{ ...sealed, data: wrong }], contextOf('login-1')), refusedWith('broken'));
    }
  });

  it('reads nothing any more once the key is erased', async () => {
    const forgetting = createTestKeys();
    const own = createPayloadCodec({ keys: forgetting });
    const sealed = await own.encode([secret], contextOf('login-1'));
    forgetting.erase('login-1');
    await assert.rejects(own.decode(sealed, contextOf('login-1')), refusedWith('key_erased'));
  });
});
