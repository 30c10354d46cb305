/** Keys for logins under test: derived from the workflow's id, so that any process of a test has the same ones. */
import { createHash } from 'node:crypto';
import type { KeyRing } from '../../workflows/contract/key-ring.ts';

const prefix = 'test-key-of-';

export interface TestKeys extends KeyRing {
  erase(workflowId: string): void;
}

export function createTestKeys(tenantOf: (workflowId: string) => string = () => 'acme'): TestKeys {
  const erased = new Set<string>();
  return {
    forWorkflow(_namespace, workflowId) {
      const found = { id: prefix + workflowId, key: keyOf(workflowId) };
      return Promise.resolve(erased.has(workflowId) ? undefined : found);
    },
    byId(id) {
      const workflowId = id.slice(prefix.length);
      if (!id.startsWith(prefix) || erased.has(workflowId)) return Promise.resolve(undefined);
      return Promise.resolve({ key: keyOf(workflowId), workflowId, tenantId: tenantOf(workflowId) });
    },
    erase(workflowId) {
      erased.add(workflowId);
    },
  };
}

function keyOf(workflowId: string): Uint8Array {
  return createHash('sha256').update(`for tests only: ${workflowId}`).digest();
}
