import assert from 'node:assert/strict';
import { manifestSchema, type ExecutionPoint } from '../../../scripts-runtime/index.ts';
import { effectNames } from '../../../scripts-runtime/script.ts';
import { misfitAt, versionFor, type Script } from '../../../server/extensions/script.ts';
import { scriptId, scriptVersionId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';

const [live, canary] = [scriptVersionId('a'.repeat(64)), scriptVersionId('b'.repeat(64))];
const script: Script = {
  tenantId: tenantId('t'),
  workspaceId: workspaceId('w'),
  id: scriptId('s'),
  name: 's',
  envVersion: '',
  testInput: '',
  live,
  createdAt: 0,
  updatedAt: 0,
};

describe('versionFor', () => {
  it('is the live version where nothing else is tried out, and none where none is live', () => {
    assert.equal(versionFor(script, 'login'), live);
    const { live: _, ...none } = script;
    assert.equal(versionFor(none, 'login'), undefined);
  });

  it('gives a canary its share of logins, and each login the same at every look', () => {
    const tried = { ...script, canary: { version: canary, share: 30 } };
    const keys = Array.from({ length: 2000 }, (_, index) => `login-${String(index)}`);
    const chosen = keys.map((key) => versionFor(tried, key));
    const count = chosen.filter((version) => version === canary).length;
    // 30 of 100, and five standard deviations to either side.
    assert.ok(count > 500 && count < 700, String(count));
    assert.deepEqual(
      keys.map((key) => versionFor(tried, key)),
      chosen,
    );
  });
});

describe('misfitAt', () => {
  const manifest = manifestSchema.parse({ runtime: '2026-11' });
  const sleeping = manifestSchema.parse({ runtime: '2026-11', effects: ['sleep'] });

  it('keeps a typed script where it was written for; a classic one runs at any point', () => {
    assert.equal(misfitAt({ shape: 'classic', point: 'post_authn_ctx', manifest }, 'token_minting'), undefined);
    assert.equal(misfitAt({ shape: 'typed', point: 'token_minting', manifest }, 'token_minting'), undefined);
    assert.match(
      misfitAt({ shape: 'typed', point: 'post_authn_ctx', manifest }, 'token_minting') ?? '',
      /token_minting/,
    );
  });

  it('has people asked where a login can wait for them', () => {
    const asking = manifestSchema.parse({ runtime: '2026-11', effects: ['approval', 'claims', 'deny'] });
    const at = 'post_authn_ctx' as const;
    assert.equal(misfitAt({ shape: 'typed', point: at, manifest: asking }, at), undefined);
  });

  it('has nothing wait where nothing can', () => {
    const script = { shape: 'classic', point: 'post_authn_ctx', manifest: sleeping } as const;
    assert.equal(misfitAt(script, 'post_authn_ctx'), undefined);
    for (const point of ['allowed_idp_ids', 'token_minting', 'client_token_minting'] as const)
      assert.match(misfitAt(script, point) ?? '', /sleep/);
  });

  it('serves at a login whatever a script may be written with, and elsewhere what can be done there', () => {
    for (const effect of effectNames) {
      const script = (point: ExecutionPoint) =>
        misfitAt({ shape: 'typed', point, manifest: { ...manifest, effects: [effect] } }, point);
      assert.equal(script('post_authn_ctx'), undefined, effect);
      const isOfLogins = ['redirect', 'approval', 'sleep', 'metadata'].includes(effect);
      assert.equal(script('token_minting') !== undefined, isOfLogins, effect);
    }
  });
});
