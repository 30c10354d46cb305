/** The script that a workspace has for all of its idps, moved between deployments: the published setting, and where it is bound. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import type { Patch } from '../../../server/configuration/json-patch.ts';
import { defaultPlace } from '../../../server/extensions/execution-point.ts';
import { isPlatformError, type ErrorCode } from '../../../server/kernel/errors.ts';
import { scriptId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { bytesOf, openDeployment, textOf, type Deployment } from '../../support/deployment.ts';
import { scriptWords, testCompiler } from '../../support/kept-scripts.ts';
import { createScriptService } from '../../../server/extensions/script.service.ts';
import { heldClock } from '../../support/stores.ts';
import { classicSource } from '../../support/script-compile.ts';

const mine = tenantId('default');
const demo = workspaceId('demo');
const place = defaultPlace({ tenantId: mine, workspaceId: demo });

describe('the default script of a workspace, in and out', function () {
  let house: Deployment;
  before(async () => {
    house = await openDeployment();
    const { unitOfWork } = house.platform;
    const scripts = createScriptService({ unitOfWork, compiler: testCompiler, clock: heldClock() });
    for (const id of ['risk', 'other']) await scripts.create(mine, demo, id, { ...scriptWords, body: classicSource });
  });
  after(() => house.close());
  beforeEach(() => bind('risk'));

  const bind = (script: string | undefined) =>
    house.platform.unitOfWork.run(({ executionPoints }) =>
      script === undefined
        ? executionPoints.remove(place)
        : executionPoints.put({ ...place, scriptId: scriptId(script) }),
    );
  const bound = async () => (await house.platform.stores.executionPoints.find(place))?.scriptId;
  const said = (script: string) => ({ settings: { default_post_authn_ctx_script_id: script } });
  const point = (script: string) => ({
    server_id: demo,
    type: 'post_authn_ctx',
    target_fk: demo,
    script_id: script,
  });
  const exported = async () => {
    const text = await textOf(house.exporter.run({ tenantId: mine, place: demo }));
    return z
      .looseObject({
        servers: z.array(z.looseObject({ id: z.string(), settings: z.unknown() })),
        script_execution_points: z.array(z.unknown()),
      })
      .parse(JSON.parse(text));
  };
  const load = (body: object, dryRun = false) =>
    house.importer.run({ tenantId: mine, mode: 'update', dryRun, body: bytesOf(body) });
  const refused = async (work: Promise<unknown>, code: ErrorCode, pointer: string) => {
    const before = await bound();
    await assert.rejects(work, (error: unknown) => {
      assert.ok(isPlatformError(error, code), String(error));
      assert.partialDeepStrictEqual(error.details, [{ pointer }]);
      return true;
    });
    assert.equal(await bound(), before);
  };
  const server = (more: object) => exported().then(({ servers: [one] }) => ({ servers: [{ ...one, ...more }] }));
  const patch = (script: string) =>
    house.patches.run(house, {
      tenantId: mine,
      mode: 'update',
      dryRun: false,
      patch: patchOf(script),
    });
  let at = '';
  const patchOf = (script: string): Patch => [
    { op: 'replace', path: `${at}/settings/default_post_authn_ctx_script_id`, value: script },
  ];

  it('is exported as the setting and as the binding, and taken back as both', async () => {
    const dump = await exported();
    assert.deepEqual(dump.servers[0]?.settings, said('risk').settings);
    assert.deepEqual(dump.script_execution_points, [{ ...point('risk'), tenant_id: mine }]);
    const { counts } = await load(dump, true);
    assert.deepEqual([counts.create, counts.update, counts.conflict], [0, 0, 0]);
    await bind(undefined);
    await load(dump);
    assert.equal(await bound(), 'risk');
    assert.deepEqual(await exported(), dump);
  });

  it('is taken from the setting alone, as published descriptions have it', async () => {
    await bind(undefined);
    await load(await server(said('risk')));
    assert.equal(await bound(), 'risk');
    await load(await server({ settings: { default_client_id: 'x' } }));
    assert.equal(await bound(), 'risk', 'what is not said stays');
    await load(await server(said('')));
    assert.equal(await bound(), undefined);
  });

  it('is refused where its script is not there, and where two places differ, whichever comes first', async () => {
    const pointer = '/servers/0/settings/default_post_authn_ctx_script_id';
    await refused(
      server(said('nothing')).then((body) => load(body)),
      'unprocessable_entity',
      pointer,
    );
    const both = { ...(await server(said('risk'))), script_execution_points: [point('other')] };
    await refused(load(both), 'unprocessable_entity', pointer);
    await refused(
      load({ script_execution_points: both.script_execution_points, servers: both.servers }),
      'unprocessable_entity',
      pointer,
    );
  });

  it('is changed and ended by a patch', async () => {
    const whole = z
      .looseObject({ servers: z.array(z.looseObject({ id: z.string() })) })
      .parse(JSON.parse(await textOf(house.exporter.run({ tenantId: mine }))));
    at = `/servers/${String(whole.servers.findIndex(({ id }) => id === demo))}`;
    await patch('other');
    assert.equal(await bound(), 'other');
    await patch('');
    assert.equal(await bound(), undefined);
    await patch('risk');
    assert.equal(await bound(), 'risk');
  });
});
