/** An operator reads the logins of their tenants, and of no other. */
import assert from 'node:assert/strict';
import { createPayloadCodec } from '../../workflows/codec.ts';
import { createOperatorCodec, type CodecPayload } from '../../workflows/operator-codec.ts';
import { createTestKeys } from '../support/login-keys.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('decodeForOperator', () => {
  const keys = createTestKeys((workflowId) => workflowId.split('/')[0] ?? '');
  const codec = createPayloadCodec({ keys });
  const operator = createOperatorCodec({ keys, namespace: 'default' });

  const sealed = async (workflowId: string, namespace = 'default'): Promise<CodecPayload> => {
    const payload = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(`"of ${workflowId}"`) };
    const [encoded] = await codec.encode([payload], { type: 'workflow', namespace, workflowId });
    const entries = Object.entries(encoded?.metadata ?? {});
    return {
      metadata: Object.fromEntries(entries.map(([name, value]) => [name, Buffer.from(value).toString('base64')])),
      data: Buffer.from(encoded?.data ?? []).toString('base64'),
    };
  };

  it('decodes what the operator may see', async () => {
    const [read] = await operator.decodeForOperator([await sealed('acme/1')], (tenantId) => tenantId === 'acme');
    assert.deepEqual(read, { metadata: { encoding: base64('json/plain') }, data: base64('"of acme/1"') });
  });

  it('leaves the payloads of other tenants as they are, in their places', async () => {
    const [own, foreign] = [await sealed('acme/1'), await sealed('rival/1')];
    const answer = await operator.decodeForOperator([foreign, own], (tenantId) => tenantId === 'acme');
    assert.deepEqual(answer[0], foreign);
    assert.equal(answer[1]?.data, base64('"of acme/1"'));
  });

  it('leaves everything as it is for an operator of no tenant', async () => {
    const payloads = [await sealed('acme/1'), await sealed('rival/1')];
    assert.deepEqual(await operator.decodeForOperator(payloads, () => false), payloads);
  });

  it('passes on what was never encrypted: the UI sends all that it shows', async () => {
    const plain = { metadata: { encoding: base64('json/plain') }, data: base64('{}') };
    assert.deepEqual(await operator.decodeForOperator([plain, {}], () => true), [plain, {}]);
  });

  it('leaves a payload encrypted that was changed, comes from elsewhere, or whose key is erased', async () => {
    const changed = { ...(await sealed('acme/1')), data: base64('x'.repeat(60)) };
    const elsewhere = await sealed('acme/2', 'other');
    const erased = await sealed('acme/3');
    keys.erase('acme/3');
    const payloads = [changed, elsewhere, erased];
    assert.deepEqual(await operator.decodeForOperator(payloads, () => true), payloads);
  });
});
