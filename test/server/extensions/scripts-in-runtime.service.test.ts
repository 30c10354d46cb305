/** Scripts of the Admin API in the real runtime: what does not compile, what runs, and what bounds it. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { createSecretService } from '../../../server/extensions/secret.service.ts';
import { createPassingHost } from '../../../server/extensions/script-host.ts';
import { createScriptService } from '../../../server/extensions/script.service.ts';
import { createScriptTestService, type ScriptTestService } from '../../../server/extensions/script-test.service.ts';
import { systemClock as clock } from '../../../server/kernel/clock.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { openDeployment, type Deployment } from '../../support/deployment.ts';

const faults = z.array(z.object({ pointer: z.string(), line: z.int(), column: z.int() }));

describe('scripts of a platform with its runtime', function () {
  this.timeout(60_000);
  const [tenant, workspace] = [tenantId('default'), workspaceId('demo')];
  let house: Deployment;
  let service: ScriptTestService;
  before(async () => {
    house = await openDeployment();
    const { stores, scriptsRuntime, scriptCompiler, scriptFetch, unitOfWork } = house.platform;
    service = createScriptTestService({
      compiler: scriptCompiler,
      run: scriptsRuntime.run,
      ...{ secrets: stores.secrets, unitOfWork },
      passingHost: () => createPassingHost({ fetch: scriptFetch, clock }),
      take: () => 0,
    });
  });
  after(() => house.close());
  const test = (source: string, input = {}) => service.test(tenant, workspace, { source, input });

  it('runs a classic script with its context, and says what it said', async () => {
    const result = await test(
      `module.exports = async function (context) {
         console.log('seen', context.authn_ctx.name);
         console.error('careful');
         return { authn_ctx: { ...context.authn_ctx, tier: 2 } };
       };`,
      { authn_ctx: { name: 'Ada' } },
    );
    assert.deepEqual(result.output, { authn_ctx: { name: 'Ada', tier: 2 } });
    assert.deepEqual([result.stdout, result.stderr, result.caughtError], ['seen Ada\n', 'careful\n', '']);
  });

  it('says what a script threw, and where', async () => {
    const { caughtError, output } = await test(
      `module.exports = async function () {\n  throw new Error('no luck');\n};`,
    );
    assert.match(caughtError, /^exception: .*no luck/);
    assert.match(caughtError, /script:2:/);
    assert.deepEqual(output, {});
  });

  it('ends what never ends, and goes on', async () => {
    assert.match((await test('module.exports = async () => { for (;;); };')).caughtError, /^(cpu|timeout)/);
    const next = await test('module.exports = async () => ({ authn_ctx: { next: true } });');
    assert.deepEqual(next.output, { authn_ctx: { next: true } });
  });

  it('gives a script the secrets of its workspace, and shows them to nobody', async () => {
    const { unitOfWork } = house.platform;
    await createSecretService({ unitOfWork, clock }).create(tenant, workspace, 'KEY', 'planted-secret-value');
    const result = await test(
      `module.exports = async ({ secrets }) => {
         console.log(secrets.KEY);
         return { authn_ctx: { length: secrets.KEY.length } };
       };`,
    );
    assert.deepEqual(result.output, { authn_ctx: { length: 20 } });
    assert.doesNotMatch(result.stdout, /planted/);
  });

  it('publishes TypeScript, and says where a source does not compile', async () => {
    const { unitOfWork, scriptCompiler: compiler, stores } = house.platform;
    const scripts = createScriptService({ unitOfWork, compiler, clock });
    const words = { name: 'Risk', envVersion: '', testInput: '' };
    const body = [
      `import { defineScript } from '@gatehouse/scripts/post-authn';`,
      `const limit: number = 90;`,
      `export default defineScript({ runtime: '2026-11', effects: ['claims', 'sleep'],`,
      `  async run(event, api) { api.claims.set('limit', limit); } });`,
    ].join('\n');
    const { script } = await scripts.create(tenant, workspace, 'risk', { ...words, body });
    const [version] = await stores.scripts.listVersions(script);
    assert.deepEqual([version?.shape, version?.point], ['typed', 'post_authn_ctx']);
    assert.deepEqual(version?.manifest.effects, ['claims', 'sleep']);
    const broken = scripts.update(script, { ...words, body: body.replace('number =', 'number = =') });
    await assert.rejects(broken, (error) => {
      assert.ok(isPlatformError(error, 'unprocessable_entity'));
      const [detail] = faults.parse(error.details);
      assert.deepEqual([detail?.pointer, detail?.line], ['/body', 2]);
      assert.ok((detail?.column ?? 0) > 1);
      return true;
    });
    const waiting = body.replace('post-authn', 'token-minting');
    await assert.rejects(scripts.update(script, { ...words, body: waiting }), (error) =>
      isPlatformError(error, 'unprocessable_entity'),
    );
  });
});
