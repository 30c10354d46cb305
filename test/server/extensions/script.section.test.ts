/** Scripts and their execution points, taken from one deployment to another. */
import assert from 'node:assert/strict';
import { scriptSection } from '../../../server/extensions/script.section.ts';
import { createScriptSources } from '../../../server/extensions/script-sources.ts';
import { executionPointSection } from '../../../server/extensions/execution-point.section.ts';
import type { ImportContext } from '../../../server/configuration/section.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { idpId, scriptId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase, type OpenDatabase } from '../../support/databases.ts';
import { classicSource, typedSource } from '../../support/script-compile.ts';
import { scriptServiceOn, scriptWords, testCompiler } from '../../support/kept-scripts.ts';
import { heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('the sections of scripts', (open) => {
  const clock = heldClock();
  const sources = createScriptSources(testCompiler);
  const scripts = scriptSection({ sources, clock });
  const points = executionPointSection({ sources });
  let knex: Awaited<ReturnType<OpenDatabase>>;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
  });

  let brought: unknown;
  const nothing = () => Promise.resolve(undefined);
  const context = (): ImportContext => ({
    tenantId: tenant,
    isOfDeployment: false,
    force: false,
    settingsOf: () => Promise.resolve(undefined),
    // As an import of these alone would bring them.
    find: async (member, wanted) => ({
      given: member === 'scripts' ? brought : undefined,
      stored: member === 'scripts' ? await scripts.find(storesOf(knex), tenant, wanted) : undefined,
    }),
  });
  const item = (body: string, more: object = {}) =>
    scripts.body.parse({ authorization_server_id: workspace, id: 'risk', name: 'Risk', body, ...more });
  const load = async (given: unknown) => {
    brought = given;
    const faults = (await scripts.faults?.(given, context(), nothing, storesOf(knex))) ?? [];
    brought = undefined;
    if (faults.length > 0) return faults;
    const stored = await scripts.find(storesOf(knex), tenant, given);
    const completed = await scripts.complete?.(given, stored);
    await unitOfWorkOn(knex).run((stores) => scripts.write(stores, tenant, completed, stored));
    return [];
  };
  const listed = async (): Promise<readonly unknown[]> => {
    const all: unknown[] = [];
    for await (const one of scripts.list(storesOf(knex), tenant, workspace)) all.push(one);
    return all;
  };

  it('writes what runs, and neither drafts nor canaries', async () => {
    const service = scriptServiceOn(knex, clock);
    const { script } = await service.create(tenant, workspace, 'risk', { ...scriptWords, body: classicSource });
    const { version } = await service.draft(script, typedSource());
    await service.point(script, { ...script, canary: { version, share: 50 } });
    assert.deepEqual(await listed(), [item(classicSource, { env_version: '', test_input: '' })]);
  });

  it('takes it in, publishes another body, and leaves what is the same', async () => {
    assert.deepEqual(await load(item(classicSource)), []);
    const place = { tenantId: tenant, workspaceId: workspace, id: scriptId('risk') };
    const first = await storesOf(knex).scripts.find(place);
    assert.ok(first?.live !== undefined);
    await load(item('', { name: 'Renamed' }));
    const renamed = await storesOf(knex).scripts.find(place);
    assert.deepEqual([renamed?.name, renamed?.live], ['Renamed', first.live]);
    await load(item(typedSource()));
    assert.notEqual((await storesOf(knex).scripts.find(place))?.live, first.live);
    assert.equal((await storesOf(knex).scripts.listVersions(place)).length, 2);
  });

  it('says where a source does not compile, and which secrets it needs', async () => {
    const [fault] = await load(item('let %%%'));
    assert.equal(fault?.pointer, '/body');
    assert.match(fault.message, /line 1, column 5/);
    const needing = item(typedSource({ secrets: ['RISK_KEY'] }));
    await scripts.faults?.(needing, context(), nothing, storesOf(knex));
    assert.deepEqual(scripts.needs?.(needing), [
      { member: 'secrets', item: { server_id: workspace, id: 'RISK_KEY' }, pointer: '/body' },
    ]);
    await assert.rejects(load(needing), (error) => isPlatformError(error, 'unprocessable_entity'));
    assert.deepEqual(await listed(), [], 'it is not half there');
  });

  it('finds a binding of what would not run before anything is written', async () => {
    const bind = (type: string, target: string = workspace, script = 'risk') =>
      points.body.parse({ server_id: workspace, type, target_fk: target, script_id: script });
    const said = async (one: unknown, script?: unknown) => {
      brought = script;
      const faults = (await points.faults?.(one, context(), nothing, storesOf(knex))) ?? [];
      brought = undefined;
      return faults.map(({ pointer, message }) => `${pointer} ${message}`);
    };
    const typed = item(typedSource());
    const wrong = ['/script_id A script for post_authn_ctx does not run at token_minting.'];
    // It comes along: nothing of it is stored yet.
    assert.deepEqual(await said(bind('token_minting'), typed), wrong);
    assert.deepEqual(await said(bind('post_authn_ctx'), typed), []);
    const empty = ['/script_id Nothing of this script is published: it would deny every login.'];
    assert.deepEqual(await said(bind('post_authn_ctx'), item('')), empty);
    await load(item(''));
    assert.deepEqual(await said(bind('post_authn_ctx')), empty);
    // It is stored: what comes along leaves alone what runs, or runs in its place.
    await load(typed);
    assert.deepEqual(await said(bind('token_minting')), wrong);
    assert.deepEqual(await said(bind('token_minting'), item('', { name: 'Renamed' })), wrong);
    assert.deepEqual(await said(bind('token_minting'), item(classicSource)), []);
    // The canary goes on to run beside it.
    const service = scriptServiceOn(knex, clock);
    const place = { tenantId: tenant, workspaceId: workspace, id: scriptId('risk') };
    const stored = await storesOf(knex).scripts.find(place);
    const { version } = await service.draft(place, typedSource({ effects: ['sleep'] }));
    await service.point(place, { ...stored, canary: { version, share: 50 } });
    assert.deepEqual(await said(bind('token_minting'), item(classicSource)), wrong);
  });

  it('publishes nothing that does not run where the script is bound', async () => {
    await load(item(classicSource));
    const minting = { server_id: workspace, type: 'token_minting', target_fk: workspace, script_id: 'risk' };
    await unitOfWorkOn(knex).run((stores) => points.write(stores, tenant, points.body.parse(minting), undefined));
    const [fault] = await load(item(typedSource()));
    assert.equal(fault?.pointer, '/body');
    assert.match(fault.message, /^is bound to token_minting of .*: A script for post_authn_ctx does not run/);
    assert.deepEqual(await load(item(`${classicSource}\n`)), []);
  });

  it('binds scripts to what there is, and to nothing else', async () => {
    await load(item(classicSource));
    const binding = (type: string, target: string) =>
      points.body.parse({ server_id: workspace, type, target_fk: target, script_id: 'risk' });
    const people = { tenantId: tenant, workspaceId: workspace, id: idpId('people'), name: 'x', enabled: true } as const;
    await storesOf(knex).idps.insert({ ...people, method: 'static', users: [] });
    const write = (one: unknown) => unitOfWorkOn(knex).run((stores) => points.write(stores, tenant, one, undefined));
    const idp = binding('post_authn_ctx', 'people');
    await write(idp);
    assert.deepEqual(await points.find(storesOf(knex), tenant, idp), idp);
    await assert.rejects(write(binding('post_authn_ctx', 'nobody')), (error) =>
      isPlatformError(error, 'unprocessable_entity'),
    );
    const needs = [points.needs?.(idp) ?? []].flat().map(({ member, pointer }) => `${member} ${pointer}`);
    assert.deepEqual(needs, ['scripts /script_id', 'idps /target_fk']);
    const elsewhere = binding('token_minting', 'people');
    assert.equal((await points.faults?.(elsewhere, context(), nothing, storesOf(knex)))?.length, 1);
  });
});
