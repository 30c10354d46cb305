/** Logins, deliveries and approvals that began under a deployed version go on under this one: their recorded histories are replayed. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import { loadWorkflowBundle, type WorkflowBundle } from '../../workflows/bundle.ts';
import { createDataConverter } from '../../workflows/data-converter.ts';
import { installRuntime } from '../../workflows/runtime.ts';
import { defaultCacheDir } from '../../workflows/temporal-binary.ts';
import { createTestKeys } from '../support/login-keys.ts';
import { readHistories, type RecordedLogin } from './history-file.ts';

const recorded = await readHistories();
const planted = fileURLToPath(new URL('planted/index.ts', import.meta.url));

describe('recorded logins, deliveries and approvals', function () {
  this.timeout(60_000);
  let current: WorkflowBundle;
  let changed: WorkflowBundle;

  const replay = async (bundle: WorkflowBundle, { history, workflowId }: RecordedLogin): Promise<void> => {
    const dataConverter = createDataConverter(createTestKeys());
    await Worker.runReplayHistory({ workflowBundle: { code: bundle.code }, dataConverter }, history, workflowId);
  };

  before(async () => {
    installRuntime(() => undefined);
    current = await loadWorkflowBundle({ cacheDir: defaultCacheDir() });
    changed = await loadWorkflowBundle({ cacheDir: defaultCacheDir(), workflowsPath: planted });
  });

  it('are there for every place that one can stand at', () => {
    const of = (kind: string) => recorded.filter(({ name }) => name.startsWith(kind)).length;
    assert.ok(recorded.length - of('delivery-') - of('approval-') >= 13);
    assert.ok(of('delivery-') >= 8);
    assert.ok(of('approval-') >= 7);
  });

  for (const login of recorded) {
    it(`go on under this version: ${login.name}`, async () => {
      await replay(current, login);
    });

    it(`stop a change that issues another command: ${login.name}`, async () => {
      await assert.rejects(replay(changed, login), DeterminismViolationError);
    });
  }
});
