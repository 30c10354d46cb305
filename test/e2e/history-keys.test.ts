/** A worker that finds no key to write with: it writes nothing, and the login waits for one that does. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { loadWorkflowBundle } from '../../workflows/bundle.ts';
import { WorkflowsUnavailable } from '../../workflows/client.ts';
import { createPayloadCodec } from '../../workflows/codec.ts';
import { connectWithin } from '../../workflows/connection.ts';
import type { KeyRing } from '../../workflows/contract/key-ring.ts';
import { defaultCacheDir } from '../../workflows/temporal-binary.ts';
import { runWorker, type RunningWorker } from '../../workflows/worker.ts';
import { createFakePlatform } from '../support/fake-platform.ts';
import { readTexts } from '../support/history-texts.ts';
import { type LoginHouse, newLogin, newMove, noApproval, noDelivery, openLoginHouse } from '../support/login-worker.ts';
import { startTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { readTemporalBytes } from '../support/temporal-bytes.ts';

/** What the worker has to write: a step's name, which search attributes tell in clear, within an answer, which nothing does. */
const answer = 'planted-step';
const written = `"steps":["${answer}"]`;

describe('a worker whose codec finds no key', function () {
  this.timeout(60_000);
  let temporal: TestTemporal;
  let house: LoginHouse;
  let worker: RunningWorker | undefined;

  before(async () => {
    temporal = await startTestTemporal();
    house = await openLoginHouse({ address: temporal.address, timeoutMs: 3000 });
  });
  after(async () => {
    await worker?.stop();
    await house.close();
    await temporal.stop();
  });

  const start = async (keys: KeyRing): Promise<RunningWorker> => {
    const platform = createFakePlatform([answer]);
    const started = runWorker({
      cluster: { address: temporal.address },
      namespace: temporal.namespace,
      taskQueue: house.taskQueue,
      activities: { ...noDelivery, ...noApproval, ...platform },
      keys,
      bundle: await loadWorkflowBundle({ cacheDir: defaultCacheDir() }),
      log: () => undefined,
    });
    await started.ready;
    return started;
  };

  it('completes nothing and writes no plaintext; one that has the key goes on from there', async () => {
    const login = newLogin();
    const moves = [newMove('authenticate', 'password')];
    worker = await start({ ...house.keys, forWorkflow: () => Promise.resolve(undefined) });
    await assert.rejects(house.client.advance(login, moves), WorkflowsUnavailable);
    assert.equal((await house.client.describe(login.interactionId))?.status, 'running');
    const connection = await connectWithin({ address: temporal.address }, temporal.namespace, 5000);
    try {
      const history = await new Client({ connection }).workflow.getHandle(login.interactionId).fetchHistory();
      const place = { namespace: temporal.namespace, workflowId: login.interactionId };
      const { texts, inClear } = await readTexts(history, createPayloadCodec({ keys: house.keys }), place);
      assert.deepEqual(
        inClear.filter((path) => !path.includes('indexedFields')),
        [],
      );
      assert.equal(
        texts.some((text) => text.includes(written)),
        false,
      );
    } finally {
      await connection.close();
    }
    await worker.stop();
    worker = await start(house.keys);
    assert.deepEqual(await answered(login, moves), { kind: 'step', step: answer });
    const bytes = await readTemporalBytes(temporal.dataDir);
    assert.equal(
      bytes.some((text) => text.includes(written)),
      false,
    );
  });

  /** As a person does who follows the page's link to try again. */
  async function answered(...move: Parameters<LoginHouse['client']['advance']>) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await house.client.advance(...move);
      } catch (error) {
        if (!(error instanceof WorkflowsUnavailable) || attempt > 40) throw error;
        // Temporal takes no Update while a workflow's task keeps failing, and tries the task ever more rarely.
        await delay(500);
      }
    }
  }
});
