/** A script that decides over logins, in the real runtime and on real rows: what it adds, what it refuses, and how it waits. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createScriptService } from '../../../server/extensions/script.service.ts';
import { createScriptCompiler } from '../../../server/extensions/script-compiler.ts';
import type { Interaction } from '../../../server/interactions/interaction.ts';
import type { Proof } from '../../../server/interactions/proof.ts';
import { provenSoFar } from '../../../server/interactions/proven-so-far.ts';
import type { StepAnswer } from '../../../workflows/contract/authentication.ts';
import { schemaId, scriptId, secretId, workspaceId, type ScriptId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { openLoginRows, type LoginRows } from '../../support/login-rows.ts';
import { testRuntime, typed, type ScriptsRuntime } from '../../support/scripts.ts';
import { unitOfWorkOn } from '../../support/stores.ts';

/** Beside those of a login without a script. */
const mostStatementsAdded = 21;

onEachDatabase('runScript', (open) => {
  let runtime: ScriptsRuntime;
  let house: LoginRows;
  let runs: number;
  before(async function () {
    runtime = await testRuntime({ children: 2 });
  });
  after(() => runtime.stop());
  beforeEach(async () => {
    runs = 0;
    house = await openLoginRows(await open(), [], (request) => {
      runs += 1;
      return runtime.run(request);
    });
  });

  const scripts = () => {
    const unitOfWork = unitOfWorkOn(house.knex, house.clock);
    const compiler = createScriptCompiler({ compile: runtime.compile });
    return createScriptService({ unitOfWork, compiler, clock: house.clock });
  };
  /** Publishes a source, bound to the idp of everybody here. */
  async function bind(source: string, id = 'risk'): Promise<ScriptId> {
    const { tenantId, workspaceId } = house.client;
    const words = { name: 'Risk', envVersion: '', testInput: '' };
    await scripts().create(tenantId, workspaceId, id, { ...words, body: source });
    const place = { tenantId, workspaceId, type: 'post_authn_ctx', target: house.idp.id } as const;
    await house.stores.executionPoints.put({ ...place, scriptId: scriptId(id) });
    return scriptId(id);
  }
  async function atScript(params = {}): Promise<Interaction> {
    const login = await house.begin({ params });
    const proof = await house.prove(login, {
      ...house.password,
      from: { ip: '192.0.2.7', headers: { 'user-agent': 'Test' } },
    });
    const answer = await house.activities.establishPerson(house.start(login), { proofId: proof.id });
    assert.deepEqual(answer, { kind: 'remaining', steps: ['script', 'consent'] });
    return login;
  }
  /** Without the script that it names. */
  const stepsOf = (answer: StepAnswer): StepAnswer => {
    if (answer.kind !== 'remaining') return answer;
    const { script: _, ...steps } = answer;
    return steps;
  };
  const run = async (login: Interaction) => stepsOf(await house.activities.runScript(house.start(login)));
  const proven = async ({ tenantId, workspaceId, id }: Interaction) =>
    provenSoFar(await house.stores.proofs.listOf(tenantId, workspaceId, id));
  const runOf = async ({ tenantId, workspaceId, id }: Interaction) => {
    const [found] = await house.stores.scriptRuns.listOf(tenantId, workspaceId, id);
    assert.ok(found);
    return found;
  };
  const event = async (action: string) => {
    const rows = await house
      .knex<{ tenant_id: string; action: string; payload: string }>('audit_events')
      .where({ tenant_id: house.client.tenantId, action });
    return rows.map(({ payload }) => payload);
  };
  const passed = { kind: 'remaining', steps: ['consent'] };
  const failed = { kind: 'committed', outcome: 'denied', reason: 'script_failed' };

  describe('a classic script', () => {
    it('is given the login, and adds to it what it returns', async () => {
      await house.stores.secrets.insert(
        { ...house.idp, id: secretId('KEY'), createdAt: 0, updatedAt: 0 },
        'planted-secret-value',
      );
      await bind(`module.exports = async (context) => ({
        authn_ctx: { ...context.authn_ctx, seen: context, length: context.secrets.KEY.length, secrets: undefined },
        amr: ['mfa'], acr: 'urn:high', idp_sub: 'renamed' });`);
      const login = await atScript({ acr_values: 'urn:high', id_token_hint: undefined });
      assert.deepEqual(await run(login), passed);
      const known = await proven(login);
      assert.equal(known?.context['name'], 'Ada Lovelace');
      assert.equal(known.context['length'], 20);
      assert.deepEqual(known.said, { amr: ['mfa'], acr: 'urn:high', idpSubject: 'renamed' });
      const seen = known.context['seen'] as Record<string, Record<string, unknown>>;
      assert.deepEqual(seen['client'], { client_id: 'app', client_name: 'App' });
      assert.deepEqual(seen['request']?.['headers'], { 'User-Agent': ['Test'] });
      assert.equal((seen['request']['query_params'] as Record<string, string>)['acr_values'], 'urn:high');
      const kept = await runOf(login);
      assert.doesNotMatch(JSON.stringify(kept), /planted-secret-value/, 'what is kept of a run holds no secret');
    });

    it('is the one of the guide, which knows its people by their addresses', async () => {
      await bind(await readFile(new URL('../../../examples/scripts/departments.js', import.meta.url), 'utf8'));
      const stranger = await atScript();
      assert.deepEqual(await run(stranger), failed);
      const login = await house.begin();
      const context = { email: 'ada@treasury.example' };
      const proof = await house.prove(login, { ...house.password, context });
      await house.activities.establishPerson(house.start(login), { proofId: proof.id });
      assert.deepEqual(await run(login), passed);
      const known = await proven(login);
      assert.deepEqual([known?.context, known?.said], [{ ...context, department: 'Treasury' }, { amr: ['pwd', 'hr'] }]);
    });

    for (const [what, source, words] of [
      ['throws', `module.exports = async () => {\n  throw new Error('no luck for ada@example.com');\n};`, /no luck/],
      ['returns nothing', 'module.exports = async () => {};', /returned nothing/],
      ['returns what is no context', `module.exports = async () => ({ authn_ctx: 'none' });`, /authn_ctx/],
      ['never ends', 'module.exports = async () => { for (;;); };', /./],
    ] as const)
      it(`denies the login when it ${what}, and tells nobody but its author why`, async () => {
        await bind(source);
        const login = await atScript();
        assert.deepEqual(await run(login), failed);
        const { end, id } = await runOf(login);
        assert.equal(end?.outcome, 'failed');
        assert.ok(end.result.kind === 'error');
        assert.match(end.result.message, words);
        const [told = ''] = await event('executed');
        assert.match(told, new RegExp(id));
        assert.doesNotMatch(told, /ada@example|no luck/);
        const rows: readonly { readonly sealed_record: string }[] = await house.knex('script_runs').select();
        assert.doesNotMatch(JSON.stringify(rows), /no luck|ada@example/, 'sealed at rest');
      });
  });

  describe('a typed script', () => {
    it('has its effects applied once, at the commit, within what was asked for', async () => {
      await bind(
        typed(
          `api.claims.set('org', event.user.id ? 'treasury' : '');
           api.acr.set('urn:high'); api.amr.set(['otp']);
           api.scopes.deny('email'); api.scopes.grant('admin');`,
          `effects: ['claims', 'acr', 'amr', 'scopes'],`,
        ),
      );
      const login = await atScript({
        claims: JSON.stringify({ id_token: { acr: { essential: true, value: 'urn:high' } } }),
      });
      assert.deepEqual(await run(login), passed);
      const proof = await house.prove(login, {
        kind: 'consented',
        subject: 'sub-of-ada',
        decision: 'allow',
        grantedScopes: ['openid', 'profile', 'email', 'admin'],
        details: {},
      });
      const end = await house.activities.decideConsent(house.start(login), { proofId: proof.id });
      assert.deepEqual(end, { kind: 'committed', outcome: 'granted', reason: 'granted' });
      const [row] = await house.knex<{ payload: string; model: string; tenant_id: string }>('oidc_artifacts').where({
        tenant_id: login.tenantId,
        model: 'Grant',
      });
      const grant = JSON.parse(row?.payload ?? '{}') as Record<string, Record<string, unknown>>;
      assert.equal(grant['openid']?.['scope'], 'openid profile', 'neither what it denied nor what nobody asked for');
      assert.equal(grant['rejected']?.['openid'] !== undefined, true);
    });

    it('is told of earlier logins and wrong answers, which stand in what is kept of its run', async () => {
      await bind(typed(`api.claims.set('stats', event.stats);`, `effects: ['claims'],`));
      const first = await atScript();
      assert.deepEqual(await run(first), passed);
      assert.deepEqual((await runOf(first)).input['stats'], { logins: 0, failures: 0 });
      const content = { kind: 'consented', subject: 'sub-of-ada', decision: 'allow', details: {} } as const;
      const proof = await house.prove(first, { ...content, grantedScopes: ['openid'] });
      const end = await house.activities.decideConsent(house.start(first), { proofId: proof.id });
      assert.deepEqual(end, { kind: 'committed', outcome: 'granted', reason: 'granted' });
      const wasAt = house.clock.now();
      const { tenantId, workspaceId } = house.client;
      await house.stores.outbox.append({
        ...{ tenantId, workspaceId, subject: 'login', action: 'failed' },
        metadata: { user_id: house.user.id },
        payload: {},
      });
      house.clock.set(wasAt + 1000);
      const second = await atScript();
      assert.deepEqual(await run(second), passed);
      const told = { logins: 1, lastLoginAt: wasAt, failures: 1 };
      assert.deepEqual((await proven(second))?.context['stats'], told);
      assert.deepEqual((await runOf(second)).input['stats'], told);
    });

    it('denies a login, for a reason that history does not hold', async () => {
      await bind(typed(`api.deny('ada_lovelace', { score: 99 });`, `effects: ['deny'],`));
      const login = await atScript();
      assert.deepEqual(await run(login), { kind: 'committed', outcome: 'denied', reason: 'script_denied' });
      const { end } = await runOf(login);
      assert.deepEqual(end?.result, { kind: 'denied', reason: 'ada_lovelace', details: { score: 99 } });
      assert.doesNotMatch(String(await event('denied')), /lovelace/);
    });

    it('keeps no secret with the reason that it gives', async () => {
      const key = { ...house.idp, id: secretId('KEY'), createdAt: 0, updatedAt: 0 };
      await house.stores.secrets.insert(key, 'planted-secret-value');
      const source = `api.deny('no ' + api.secrets.KEY, { key: [api.secrets.KEY, api.crypto.base64url(api.secrets.KEY)] });`;
      await bind(typed(source, `secrets: ['KEY'], effects: ['deny'],`));
      const login = await atScript();
      await run(login);
      const { end } = await runOf(login);
      assert.ok(end?.result.kind === 'denied');
      assert.match(end.result.reason, /^no \[secret:KEY:raw:/);
      const encoded = Buffer.from('planted-secret-value').toString('base64url');
      assert.doesNotMatch(JSON.stringify(end), new RegExp(`planted-secret-value|${encoded}`));
    });

    it('that fails lets logins go on where it said so, and adds nothing', async () => {
      await bind(
        typed(`api.claims.set('a', 1); throw new Error('down');`, `effects: ['claims'], onError: 'continue',`),
      );
      const login = await atScript();
      assert.deepEqual(await run(login), passed);
      assert.equal((await runOf(login)).end?.outcome, 'continued');
      assert.equal((await proven(login))?.context['a'], undefined);
    });

    it('that fails where logins go on has refused what it refused before', async () => {
      const manifest = `effects: ['scopes', 'metadata', 'redirect'], onError: 'continue',`;
      let number = 0;
      for (const [after, outcome] of [
        ["throw new Error('down');", 'continued'],
        ['for (;;);', 'continued'],
        ["await api.redirect('not-there', {});", 'continued'],
        ["api.user.setMetadata({ long: 'x'.repeat(20_000) });", 'continued'],
        ["api.scopes.deny('openid'); throw new Error('down');", 'failed'],
      ] as const) {
        const id = `refusing-${String((number += 1))}`;
        await bind(typed(`api.scopes.grant('email'); api.scopes.deny('email'); ${after}`, manifest), id);
        const login = await atScript();
        assert.deepEqual(await run(login), outcome === 'continued' ? passed : failed, after);
        const { end } = await runOf(login);
        assert.equal(end?.outcome, outcome, `${after} ${JSON.stringify(end)}`);
        if (outcome === 'failed') continue;
        assert.deepEqual(end.refused, ['email']);
        assert.deepEqual((await proven(login))?.scopes, { granted: [], denied: ['email'] }, after);
      }
    });

    it('is let go on with a scope less, whatever comes of its failure', async () => {
      await bind(
        typed(`api.scopes.deny('email'); throw new Error('down');`, `effects: ['scopes'], onError: 'continue',`),
      );
      const login = await atScript();
      await run(login);
      const content = { kind: 'consented', subject: 'sub-of-ada', decision: 'allow', details: {} } as const;
      const proof = await house.prove(login, { ...content, grantedScopes: ['openid', 'profile', 'email'] });
      await house.activities.decideConsent(house.start(login), { proofId: proof.id });
      const [row] = await house.knex<{ payload: string; model: string; tenant_id: string }>('oidc_artifacts').where({
        tenant_id: login.tenantId,
        model: 'Grant',
      });
      const grant = JSON.parse(row?.payload ?? '{}') as Record<string, Record<string, unknown>>;
      assert.equal(grant['openid']?.['scope'], 'openid profile');
    });

    describe('that says something for the metadata of its person', () => {
      const source = (value: string, more = '') =>
        typed(`api.user.setMetadata(${value}); api.claims.set('tier', 1);`, `effects: ['metadata', 'claims'],${more}`);
      const metadata = async () => {
        const { tenantId, poolId, id } = house.user;
        return (await house.stores.users.find(tenantId, poolId, id))?.metadata;
      };
      beforeEach(async () => {
        const { tenantId, poolId } = house.user;
        const pool = await house.stores.pools.find(tenantId, poolId);
        assert.ok(pool);
        const settings = {
          ...pool.settings,
          metadata_schema_id: 'member',
          script_metadata_workspaces: [house.client.workspaceId],
        };
        await house.stores.pools.update({ ...pool, settings });
        const schema = { type: 'object', properties: { tier: { type: 'string' } } };
        const words = { name: 'Member', description: '', isSystem: false, createdAt: 0, updatedAt: 0 };
        await house.stores.schemas.insert({ tenantId, id: schemaId('member'), schema, ...words });
        await house.stores.users.update({ ...house.user, metadata: { kept: true, old: 1 } });
      });

      it('has it written once, with the end of its run, and told of', async () => {
        await bind(source(`{ tier: 'gold', old: null }`));
        const login = await atScript();
        assert.deepEqual([await run(login), await metadata()], [passed, { kept: true, tier: 'gold' }]);
        await house.stores.users.update({ ...house.user, metadata: { tier: 'changed since' } });
        assert.deepEqual(await run(login), passed);
        assert.deepEqual(await metadata(), { tier: 'changed since' });
        const rows = await house.knex<{ tenant_id: string; subject: string }>('audit_events').where({
          tenant_id: login.tenantId,
          subject: 'user',
        });
        assert.equal(rows.length, 1);
        const all = await house.stores.proofs.listOf(login.tenantId, login.workspaceId, login.id);
        assert.ok(
          all.every(({ content }) => !('metadata' in content)),
          'no proof holds it',
        );
      });

      it('fails where it does not fit the schema of its person, or is too much, and nothing is written', async () => {
        for (const [index, value] of [`{ tier: 7 }`, `{ long: 'x'.repeat(20000) }`].entries()) {
          await bind(source(value), `wrong-${String(index)}`);
          const login = await atScript();
          assert.deepEqual(await run(login), failed);
          const { end } = await runOf(login);
          assert.ok(end?.result.kind === 'error');
          assert.match(end.result.message, /^api\.user\.setMetadata: /);
          assert.deepEqual(await metadata(), { kept: true, old: 1 });
        }
        await bind(source(`{ tier: 7 }`, `onError: 'continue',`), 'goes-on');
        const login = await atScript();
        assert.deepEqual(await run(login), passed);
        assert.equal((await proven(login))?.context['tier'], undefined, 'all of it or nothing');
      });

      it('is refused in a pool of the tenant or of another workspace, unless the pool names the workspace of the script', async () => {
        const { tenantId, poolId } = house.user;
        const pool = await house.stores.pools.find(tenantId, poolId);
        assert.ok(pool);
        const own = house.client.workspaceId;
        const neighbour = workspaceId('neighbour');
        const set = (change: Partial<typeof pool>, named: readonly string[]) =>
          house.stores.pools.update({
            ...{ ...pool, workspaceId: undefined, ...change },
            settings: { ...pool.settings, script_metadata_workspaces: [...named] },
          });
        for (const [index, [change, named]] of (
          [
            [{}, []],
            [{}, [neighbour]],
            [{ workspaceId: neighbour }, []],
            [{ workspaceId: neighbour }, [neighbour, own.toUpperCase(), '*']],
          ] as const
        ).entries()) {
          await set(change, named);
          await bind(source(`{ tier: 'gold' }`), `stranger-${String(index)}`);
          const login = await atScript();
          assert.deepEqual(await run(login), failed);
          const { end } = await runOf(login);
          assert.ok(end?.result.kind === 'error');
          assert.match(end.result.message, /script_metadata_workspaces/);
          assert.deepEqual(await metadata(), { kept: true, old: 1 });
        }
        await set({ workspaceId: own }, []);
        await bind(source(`{ tier: 'gold' }`), 'at-home');
        assert.deepEqual(await run(await atScript()), passed);
        assert.deepEqual(await metadata(), { kept: true, old: 1, tier: 'gold' });
      });

      it('is refused to a script that did not declare it', async () => {
        await bind(typed(`api.user.setMetadata({ tier: 'gold' });`));
        assert.deepEqual(await run(await atScript()), failed);
        assert.deepEqual(await metadata(), { kept: true, old: 1 });
      });
    });

    it('has no effect that it did not declare', async () => {
      await bind(typed(`api.claims.set('a', 1);`));
      assert.deepEqual(await run(await atScript()), failed);
    });
  });

  describe('right after the first factor', () => {
    const signIn = async (login: Interaction, members: Partial<Proof> = {}) => {
      const proof = await house.prove(login, house.password, members);
      return house.atOnce.establishPerson(house.start(login), { proofId: proof.id });
    };

    it('is run in the activity that establishes its person, and once, however often that is asked', async () => {
      await bind(`module.exports = async () => ({ authn_ctx: { lucky: Math.random() } });`);
      const login = await house.begin();
      const proof = await house.prove(login, house.password);
      const establish = () => house.atOnce.establishPerson(house.start(login), { proofId: proof.id });
      const answer = await establish();
      const { version } = await runOf(login);
      assert.deepEqual(answer, { ...passed, script: `risk@${version.slice(0, 12)}` });
      const first = (await proven(login))?.context['lucky'];
      assert.equal(typeof first, 'number');
      assert.deepEqual(await establish(), passed);
      assert.deepEqual(await run(login), passed);
      assert.deepEqual([runs, (await proven(login))?.context['lucky']], [1, first]);
      assert.equal((await house.row(login))?.step, 'consent');
    });

    it('ends the login, or lets it rest, as it does in a step of its own', async () => {
      await bind(typed(`api.deny('risk');`, `effects: ['deny'],`));
      const denied = { kind: 'committed', outcome: 'denied', reason: 'script_denied' };
      assert.deepEqual(await signIn(await house.begin()), denied);
      await bind(typed(`await api.sleep('1h');`, `effects: ['sleep'],`), 'patient');
      const login = await house.begin();
      const rests = await signIn(login);
      assert.ok(rests.kind === 'remaining');
      assert.deepEqual([rests.steps, rests.restMs], [['script', 'consent'], 3_600_000]);
      house.clock.set(house.clock.now() + 3_600_000);
      assert.deepEqual(await run(login), passed);
    });

    it('is left to the workflow where it cannot be run just then: the person is established, and asked for nothing again', async () => {
      let isBusy = true;
      const seen: unknown[] = [];
      house = await openLoginRows(house.knex, [], async (request) => {
        seen.push(request.tape?.seed);
        return isBusy ? { kind: 'busy', message: 'too many' } : runtime.run(request);
      });
      await bind(`module.exports = async () => ({ authn_ctx: { tier: 1 } });`, 'later');
      const login = await house.begin();
      assert.deepEqual(await signIn(login), { kind: 'remaining', steps: ['script', 'consent'] });
      const row = await house.row(login);
      assert.deepEqual([row?.step, row?.person?.subject], ['script', house.ada.subject]);
      isBusy = false;
      assert.deepEqual(await run(login), passed);
      assert.equal((await proven(login))?.context['tier'], 1);
      assert.equal(new Set(seen).size, 1, 'it is the run that was begun');
    });

    it('counts for nothing in a login that has ended while it ran', async () => {
      const begun: Interaction[] = [];
      house = await openLoginRows(house.knex, [], async (request) => {
        const { tenantId, workspaceId, id } = begun[0] ?? assert.fail();
        await house.stores.interactions.end(tenantId, workspaceId, id, { state: 'denied', reason: 'left', at: 1 });
        return runtime.run(request);
      });
      await bind(`module.exports = async () => ({ authn_ctx: {} });`, 'late');
      const ended = await house.begin();
      begun.push(ended);
      assert.deepEqual(await signIn(ended), { kind: 'committed', outcome: 'denied', reason: 'left' });
      assert.equal((await runOf(ended)).end, undefined);
      assert.equal((await event('executed')).length, 0);
    });

    it('costs the login few statements more, and a transaction', async () => {
      const told: string[] = [];
      const tell = ({ sql }: { sql: string }) => void told.push(sql);
      const statementsOf = async (work: () => Promise<unknown>): Promise<number> => {
        told.length = 0;
        house.knex.on('query', tell);
        await work();
        house.knex.removeListener('query', tell);
        return told.length;
      };
      const login = async () => {
        const begun = await house.begin();
        const proof = await house.prove(begun, house.password);
        return () => house.atOnce.establishPerson(house.start(begun), { proofId: proof.id });
      };
      const plain = await statementsOf(await login());
      await bind(`module.exports = async () => ({ authn_ctx: { tier: 1 } });`);
      const scripted = await statementsOf(await login());
      assert.equal(runs, 1);
      assert.ok(scripted - plain <= mostStatementsAdded, `${String(scripted - plain)} more: ${told.join('; ')}`);
    });
  });

  describe('asked again', () => {
    it('answers the same and runs nothing twice, however often and however much at once', async () => {
      await bind(`module.exports = async () => ({ authn_ctx: { lucky: Math.random() } });`);
      const login = await atScript();
      assert.deepEqual(await run(login), passed);
      const first = (await proven(login))?.context['lucky'];
      assert.deepEqual(await run(login), passed);
      assert.equal(runs, 1);
      assert.equal((await proven(login))?.context['lucky'], first);
    });

    it('draws the same chance after a crash that came before its end was kept', async () => {
      await bind(`module.exports = async () => ({ authn_ctx: { lucky: Math.random() } });`);
      const seen: unknown[] = [];
      const { knex } = house;
      let lost = true;
      house = await openLoginRows(knex, [], async (request) => {
        const result = await runtime.run(request);
        if (result.kind === 'ok') seen.push(result.output);
        if (lost) throw new Error('the worker was killed');
        return result;
      });
      await bind(`module.exports = async () => ({ authn_ctx: { lucky: Math.random() } });`, 'other');
      const login = await atScript();
      await assert.rejects(run(login), /away/);
      lost = false;
      assert.deepEqual(await run(login), passed);
      assert.equal(seen.length, 2);
      assert.deepEqual(seen[0], seen[1], 'requests that it names by chance have the same names');
    });

    it('of two who run it at once, lets one count', async () => {
      await bind(`module.exports = async () => ({ authn_ctx: {} });`);
      const login = await atScript();
      const answers = await Promise.allSettled([run(login), run(login)]);
      assert.ok(answers.some(({ status }) => status === 'fulfilled'));
      assert.equal((await event('executed')).length, 1);
      const proofs = await house.stores.proofs.listOf(login.tenantId, login.workspaceId, login.id);
      assert.equal(proofs.filter(({ update }) => update === 'script').length, 1);
    });

    it('is of the same version for a person at an application, however often they try', async () => {
      const version = (n: number) => typed(`api.claims.set('version', ${String(n)});`, `effects: ['claims'],`);
      const id = await bind(version(1));
      const place = { tenantId: house.client.tenantId, workspaceId: house.client.workspaceId, id };
      const { version: canary } = await scripts().draft(place, version(2));
      const { live } = (await house.stores.scripts.read(place)) ?? assert.fail();
      await scripts().point(place, { ...(live === undefined ? {} : { live }), canary: { version: canary, share: 50 } });
      const met = new Set<unknown>();
      for (let n = 0; n < 16; n += 1) {
        const login = await atScript();
        await run(login);
        met.add((await proven(login))?.context['version']);
      }
      assert.equal(met.size, 1, 'of two versions, sixteen logins meet both in all but 1 of 32768 cases');
    });

    it('keeps the version that the login began with, whatever is published meanwhile', async () => {
      const id = await bind(
        typed(`await api.sleep('1h'); api.claims.set('version', 1);`, `effects: ['sleep', 'claims'],`),
      );
      const login = await atScript();
      const rests = await run(login);
      assert.ok(rests.kind === 'remaining' && rests.restMs === 3_600_000);
      const { tenantId, workspaceId } = house.client;
      const source = typed(`api.claims.set('version', 2);`, `effects: ['claims'],`);
      await scripts().update(
        { tenantId, workspaceId, id },
        { name: 'Risk', envVersion: '', testInput: '', body: source },
      );
      house.clock.set(house.clock.now() + 3_600_000);
      assert.deepEqual(await run(login), passed);
      assert.equal((await proven(login))?.context['version'], 1);
      const next = await house.begin();
      const proof = await house.prove(next, {
        ...house.password,
        person: { ...house.ada, authTime: house.clock.now() / 1000 },
      });
      await house.activities.establishPerson(house.start(next), { proofId: proof.id });
      assert.deepEqual(await run(next), passed);
      assert.equal((await proven(next))?.context['version'], 2);
    });
  });

  describe('a script that is debugged', () => {
    const debug = async (id: ScriptId, expiresAt: number) => {
      const { tenantId, workspaceId } = house.client;
      await house.stores.scriptDebugs.put({ tenantId, workspaceId, id, startedAt: house.clock.now(), expiresAt });
    };

    it('is told with what it was given and what it said, and with no secret; and without, once the time is over', async () => {
      await house.stores.secrets.insert(
        { ...house.idp, id: secretId('KEY'), createdAt: 0, updatedAt: 0 },
        'planted-secret-value',
      );
      const id = await bind(`module.exports = async (context) => {
        console.log('hello', context.authn_ctx.email, context.secrets.KEY);
        console.error('careful');
        return { authn_ctx: { key: context.secrets.KEY } };
      };`);
      await debug(id, house.clock.now() + 60_000);
      assert.deepEqual(await run(await atScript()), passed);
      const [told = ''] = await event('executed');
      const { script_executed: payload } = JSON.parse(told) as { script_executed: Record<string, unknown> };
      assert.match(String(payload['stdout']), /^hello ada@example\.com /);
      assert.equal(payload['stderr'], 'careful\n');
      assert.match(JSON.stringify(payload['input']), /Ada Lovelace/);
      assert.match(JSON.stringify(payload['output']), /"key"/);
      assert.deepEqual(
        [payload['log_level'], payload['script_name'], payload['execution_point']],
        ['debug', 'Risk', 'post_authn_ctx'],
      );
      assert.doesNotMatch(told, /planted-secret-value/);

      house.clock.set(house.clock.now() + 60_000);
      assert.deepEqual(await run(await atScript()), passed);
      const later = (await event('executed')).filter((one) => one !== told);
      assert.equal(later.length, 1);
      assert.doesNotMatch(String(later), /ada@example|Ada Lovelace|hello/);
    });
  });

  describe('a script that sleeps', () => {
    it('is not run before its time, and goes on from its tape', async () => {
      await bind(
        typed(
          `const before = api.crypto.uuid(); await api.sleep('30m'); api.claims.set('name', before);`,
          `effects: ['sleep', 'claims'],`,
        ),
      );
      const login = await atScript();
      const answer = await house.activities.runScript(house.start(login));
      assert.ok(answer.kind === 'remaining');
      assert.deepEqual([answer.steps, answer.restMs], [['script', 'consent'], 1_800_000]);
      assert.match(answer.script ?? '', /^risk@[0-9a-f]{12}$/);
      assert.equal((await house.row(login))?.step, 'script');
      house.clock.set(house.clock.now() + 600_000);
      const early = await run(login);
      assert.ok(early.kind === 'remaining' && early.restMs === 1_200_000);
      assert.equal(runs, 1, 'nothing was run');
      house.clock.set(house.clock.now() + 1_200_000);
      assert.deepEqual(await run(login), passed);
      assert.match(String((await proven(login))?.context['name']), /^[0-9a-f-]{36}$/);
    });

    it('refuses a tape that no longer fits, by name', async () => {
      await bind(typed(`await api.sleep('1m');`, `effects: ['sleep'],`));
      const login = await atScript();
      await run(login);
      const kept = await runOf(login);
      const entries = kept.tape.entries.map((entry) => ({ ...entry, request: '{"duration":"2m"}' }));
      await house.stores.scriptRuns.keep({ ...kept, tape: { ...kept.tape, entries }, slices: kept.slices + 1 });
      house.clock.set(house.clock.now() + 60_000);
      assert.deepEqual(await run(login), failed);
      const { end } = await runOf(login);
      assert.ok(end?.result.kind === 'error');
      assert.equal(end.result.fault, 'diverged');
    });
  });

  describe('with nobody to speak of', () => {
    it('runs for the person who is known, and once more for whoever takes their place', async () => {
      await bind(`module.exports = async (context) => ({ authn_ctx: { who: context.idp_sub } });`);
      const login = await atScript();
      assert.deepEqual(await run(login), passed);
      await house.stores.interactions.advance(login.tenantId, login.workspaceId, login.id, {
        step: 'authenticate',
        person: undefined,
      });
      assert.deepEqual(await run(login), { kind: 'refused', step: 'authenticate', reason: 'nobody' });
      house.clock.set(house.clock.now() + 1000);
      const bob = { ...house.ada, subject: 'sub-of-bob' };
      const proof = await house.prove(login, { ...house.password, person: bob });
      const answer = await house.activities.establishPerson(house.start(login), { proofId: proof.id });
      assert.deepEqual(answer, { kind: 'remaining', steps: ['script', 'consent'] });
      assert.equal((await proven(login))?.context['who'], undefined, 'what it said of somebody else is nobody’s');
    });

    it('takes nothing from the way by one idp for the way by another, although both call the person the same', async () => {
      const { tenantId, workspaceId, id: clientId } = house.client;
      const gate = { ...house.idp, id: 'gate' as never, name: 'Gate' };
      await house.stores.idps.insert(gate);
      const app = { tenantId, workspaceId, id: 'kyc' as never, name: 'KYC', url: 'https://kyc.example', clientId };
      await house.stores.customApps.insert(app);
      const asking = (level: number) =>
        typed(
          `const { data } = await api.redirect('kyc', { data: { wanted: ${String(level)} } }); api.claims.set('level', data.level);`,
          `effects: ['redirect', 'claims'],`,
        );
      await bind(asking(1));
      await bind(asking(2), 'strict');
      for (const [idp, script] of [
        [house.idp, 'risk'],
        [gate, 'strict'],
      ] as const)
        await house.stores.executionPoints.put({
          ...{ tenantId, workspaceId, type: 'post_authn_ctx', target: idp.id },
          scriptId: scriptId(script),
        });
      const login = await atScript();
      await run(login);
      const data = { app: 'kyc', said: { level: 1 } };
      const said = {
        kind: 'step',
        subject: house.ada.subject,
        stepId: 'script-app.0',
        outcome: 'passed',
        data,
      } as const;
      await house.prove(login, said, { consumedBy: 'told' });
      assert.deepEqual(await run(login), passed);
      assert.equal((await proven(login))?.context['level'], 1);
      await house.stores.interactions.advance(tenantId, workspaceId, login.id, {
        step: 'authenticate',
        person: undefined,
      });
      house.clock.set(house.clock.now() + 1000);
      const proof = await house.prove(login, { ...house.password, person: { ...house.ada, idpId: gate.id } });
      await house.activities.establishPerson(house.start(login), { proofId: proof.id });
      assert.equal((await proven(login))?.context['level'], undefined);
      for (const _time of ['begun', 'looked at once more']) {
        const waits = await run(login);
        assert.ok(waits.kind === 'remaining');
        assert.deepEqual(waits.steps, ['script-app.0', 'consent']);
      }
    });

    it('goes on without a script that was unbound meanwhile', async () => {
      await bind(typed(`await api.sleep('1h');`, `effects: ['sleep'],`));
      const login = await atScript();
      await run(login);
      const { tenantId, workspaceId } = house.client;
      await house.stores.executionPoints.remove({
        tenantId,
        workspaceId,
        type: 'post_authn_ctx',
        target: house.idp.id,
      });
      assert.deepEqual(await run(login), passed);
    });

    it('turns back who may not sign in any more', async () => {
      await bind(`module.exports = async () => ({ authn_ctx: {} });`);
      const login = await atScript();
      await house.stores.users.update({ ...house.user, status: 'inactive' });
      assert.deepEqual(await run(login), { kind: 'refused', step: 'authenticate', reason: 'credential_changed' });
      assert.equal(runs, 0);
    });
  });
});
