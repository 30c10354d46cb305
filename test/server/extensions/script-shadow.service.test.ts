/** Versions held against logins that are over: exactly those are named that would have come out otherwise. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isSqlite } from '../../../server/db/knex.ts';
import type { Rehearsals } from '../../../server/extensions/script-rehearsal.ts';
import { createScriptShadowService } from '../../../server/extensions/script-shadow.service.ts';
import type { ShadowVerdict } from '../../../server/extensions/script-shadow.ts';
import { digestOf } from '../../../scripts-runtime/tape.ts';
import { createTurns, type Turns } from '../../../server/extensions/turns.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { scriptId, scriptVersionId, secretId, workspaceId, type ScriptVersionId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import {
  freeTurns,
  judges,
  openRecordedRuns,
  riskScript,
  scoreOf,
  type RecordedRuns,
} from '../../support/recorded-runs.ts';
import { testRuntime, typed, type ScriptsRuntime } from '../../support/scripts.ts';
import { eventsOf, unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('ScriptShadowService', (open) => {
  let runtime: ScriptsRuntime;
  let knex: Knex;
  let recorded: RecordedRuns;
  before(async function () {
    runtime = await testRuntime({ children: 3 });
    knex = await open();
  });
  after(() => runtime.stop());
  beforeEach(async () => {
    recorded = await openRecordedRuns(knex, runtime);
    await recorded.publish(riskScript(90));
  });
  const serviceOf = (
    turns: Turns = freeTurns(),
    rehearsals: Rehearsals = recorded.rehearsals,
    clock = recorded.house.clock,
  ) => {
    const { scripts, scriptRuns } = recorded.house.stores;
    const unitOfWork = unitOfWorkOn(knex);
    return createScriptShadowService({ scripts, scriptRuns, rehearsals, judges, unitOfWork, turns, clock });
  };
  async function shadow(version: ScriptVersionId, last = 1000, service = serviceOf()) {
    const found: ShadowVerdict[] = [];
    const verdicts = service.shadow(recorded.place, { version, last });
    for (;;) {
      const next = await verdicts.next();
      if (next.done === true) return { found, isComplete: next.value.isComplete };
      found.push(next.value);
    }
  }
  const record = async (...scores: readonly number[]) => {
    const byRun = new Map<string, number>();
    for (const score of scores) byRun.set((await recorded.record(score)).id, score);
    return byRun;
  };
  /** As the runs were recorded before an event had `stats`. */
  const withoutStats: Rehearsals = {
    rehearse(mode, run, version) {
      const { stats: _, ...input } = run.input;
      return recorded.rehearsals.rehearse(
        mode,
        { ...run, input, tape: { ...run.tape, input: digestOf(input) } },
        version,
      );
    },
  };
  const kinds = (found: readonly ShadowVerdict[]) => found.map(({ kind }) => kind).join(' ');

  it('finds exactly the logins that one changed threshold turns, and does nothing to anybody', async function () {
    this.timeout(120_000);
    const scores = Array.from({ length: isSqlite(knex) ? 101 : 30 }, (_, nth) => scoreOf(nth));
    const scoreOfRun = await record(...scores, 81, 80, 90, 91);
    const { length } = recorded.sent;
    const rows = async () =>
      JSON.stringify([await knex('script_runs'), await knex('script_values'), await knex('proofs')]);
    const before = await rows();
    const { found, isComplete } = await shadow(await recorded.draft(riskScript(80)));
    assert.equal(found.length, scores.length + 4);
    assert.equal(isComplete, true);
    const turned = found.filter(({ kind }) => kind !== 'same').map(({ run }) => run.id);
    const expected = [...scoreOfRun].filter(([, score]) => score > 80 && score <= 90).map(([run]) => run);
    assert.deepEqual(turned.toSorted(), expected.toSorted());
    assert.ok(turned.length > 2);
    for (const { kind, outcome, changes, run } of found.filter(({ run: { id } }) => turned.includes(id)))
      assert.deepEqual([kind, run.outcome, outcome, changes], ['changed', 'passed', 'denied', ['outcome']]);
    assert.equal(recorded.sent.length, length, 'nothing was fetched');
    assert.equal(await rows(), before);
  });

  it('names what would have been different, and not what it is', async () => {
    await record(5, 11, 95);
    const other = riskScript(90)
      .replace(`api.claims.set('risk', score)`, `api.claims.set('risk', score + 1)`)
      .replace(`api.claims.set('org', org)`, `api.claims.set('organisation', org)`)
      .replace(`deny('risk', { score })`, `deny('high', { score })`);
    const { found } = await shadow(await recorded.draft(other));
    const claims = ['claims.org', 'claims.organisation', 'claims.risk'];
    assert.deepEqual(
      found.map(({ kind, changes }) => [kind, changes]),
      [
        ['changed', ['reason']],
        ['changed', claims],
        ['changed', claims],
      ],
    );
    assert.doesNotMatch(JSON.stringify(found), /\bada\b|treasury|planted/);
  });

  it('names the secrets that are others by now: what differs may be their doing', async () => {
    await record(5);
    const { tenantId, workspaceId } = recorded.place;
    const key = { tenantId, workspaceId, id: secretId('KEY'), createdAt: 0, updatedAt: 1 };
    const draft = await recorded.draft(riskScript(91));
    const told = async () =>
      (await shadow(draft)).found.map(({ kind, changes, changedSecrets }) => [kind, changes, changedSecrets]);
    assert.deepEqual(await told(), [['same', [], []]]);
    await recorded.house.stores.secrets.update(key, 'another-secret-value');
    assert.deepEqual(await told(), [['changed', ['claims.signed'], ['KEY']]]);
  });

  it('takes for the same what no login would notice', async () => {
    await record(5, 10, 95);
    const other = riskScript(90)
      .replace('console.log', 'console.warn')
      .replace(`api.claims.set('risk', score);`, '')
      .replace(
        `api.claims.set('org', org);`,
        `api.claims.set('org', 'x'); api.claims.set('org', org); api.claims.set('risk', score);`,
      );
    assert.equal(kinds((await shadow(await recorded.draft(other))).found), 'same same same');
  });

  it('names a version that asks something else, something more or for something new as diverged, and asks nobody', async () => {
    await record(5);
    const { length } = recorded.sent;
    const replaced = (one: string, other: string) => riskScript(90).replace(one, other);
    for (const [source, asked] of [
      [replaced('risk.example.com/score', 'risk.example.com/score2'), 'fetch'],
      [replaced('sub: event.user.subject', 'sub: event.authn.ctx.email'), 'fetch'],
      [
        replaced(
          `api.claims.set('org', org)`,
          `await api.fetch('https://risk.example.com/' + event.authn.ctx.email, { method: 'POST' })`,
        ),
        'fetch',
      ],
      [replaced(`api.claims.set('org', org)`, `await api.cache.set('stolen', event.authn.ctx)`), 'cache.set'],
      [replaced(`api.claims.set('org', org)`, `await api.sleep('1h')`), 'sleep'],
    ] as const) {
      const { found } = await shadow(await recorded.draft(source));
      assert.deepEqual(
        found.map(({ kind, fault }) => [kind, fault]),
        [['diverged', 'diverged']],
        source,
      );
      const names = found.flatMap(({ changes }) => changes);
      assert.match(names.join(), new RegExp(`^call \\d \\(${asked}\\)$`), 'by name, and with none of its words');
    }
    assert.equal(recorded.sent.length, length);
    assert.equal((await knex('script_values').where({ tenant_id: recorded.place.tenantId })).length, 1);
  });

  it('says of a version that fails where it does, without its words', async () => {
    await record(5, 95);
    const failing = riskScript(90).replace(
      `api.claims.set('risk', score);`,
      `throw new Error('no luck for ' + event.authn.ctx.email);`,
    );
    const { found } = await shadow(await recorded.draft(failing));
    assert.equal(kinds(found), 'same error');
    const [, failed] = found;
    assert.deepEqual([failed?.outcome, failed?.fault, failed?.changes], ['failed', 'exception', ['outcome']]);
    assert.match(failed?.at ?? '', /^script:\d+:\d+$/);
    assert.doesNotMatch(JSON.stringify(found), /no luck|ada@/);
    const gone = await recorded.draft(typed('return;', `secrets: ['NONE'],`));
    assert.equal(kinds((await shadow(gone)).found), 'error error');
  });

  it('holds a typed version against logins of a classic one', async () => {
    await recorded.publish(`module.exports = async () => ({ authn_ctx: { tier: 1 }, acr: 'urn:high' });`);
    await record(1);
    const same = await recorded.draft(
      typed(`api.claims.set('tier', 1); api.acr.set('urn:high');`, `effects: ['claims', 'acr'],`),
    );
    const other = await recorded.draft(
      typed(`api.claims.set('tier', 1); api.scopes.deny('email');`, `effects: ['claims', 'scopes'],`),
    );
    assert.equal(kinds((await shadow(same)).found), 'same');
    assert.deepEqual((await shadow(other)).found[0]?.changes, ['acr', 'scopes.denied']);
  });

  it('looks at the youngest that are over, as many as were asked for, across pages', async function () {
    await record(1, 2);
    await recorded.login(10);
    const [info] = (
      await recorded.house.stores.scriptRuns.list(recorded.place, { limit: 1, order: 'asc', isEnded: true })
    ).items;
    assert.ok(info);
    const row = (await knex('script_runs').where({ id: info.id }).first()) as Record<string, unknown>;
    for (let at = 0; at < 120; at++)
      await knex('script_runs').insert({
        ...row,
        id: `copy-${String(at).padStart(3, '0')}`,
        subject: `s${String(at)}`,
      });
    const version = await recorded.draft(riskScript(80));
    // A record is sealed for its own row: of the copies none opens, and none is looked at here.
    const looked: string[] = [];
    const { scripts, scriptRuns } = recorded.house.stores;
    const { clock } = recorded.house;
    const reading = {
      list: scriptRuns.list,
      read: (_place: unknown, id: string) => (looked.push(id), Promise.resolve(undefined)),
    };
    const service = createScriptShadowService({
      ...{ scripts, scriptRuns: reading, rehearsals: recorded.rehearsals, judges, clock },
      ...{ unitOfWork: unitOfWorkOn(knex), turns: freeTurns() },
    });
    assert.equal((await shadow(version, 3, service)).found.length, 3);
    const { found } = await shadow(version, 10_000, service);
    assert.equal(found.length, 122, 'the one that sleeps is not over');
    assert.ok(found.every(({ kind, fault }) => kind === 'error' && fault === 'gone'));
    assert.equal(new Set(looked).size, 122);
  });

  it('does two at once for one tenant at most, ends with who reads it, and gives its turn back', async () => {
    await record(1, 2, 3, 4, 5, 6);
    let [now, most, begun] = [0, 0, 0];
    const counting: Rehearsals = {
      async rehearse(...of) {
        [begun, now] = [begun + 1, now + 1];
        most = Math.max(most, now);
        try {
          return await recorded.rehearsals.rehearse(...of);
        } finally {
          now -= 1;
        }
      },
    };
    const turns = createTurns({ atOnce: 1, take: () => 0, message: 'one is at it' });
    const service = serviceOf(turns, counting);
    const version = await recorded.draft(riskScript(80));
    const reading = service.shadow(recorded.place, { version, last: 1000 });
    assert.equal((await reading.next()).done, false);
    await assert.rejects(shadow(version, 10, service), (error) => isPlatformError(error, 'too_many_requests'));
    await reading.return({ isComplete: false });
    assert.ok(begun < 6, 'who closes the connection ends it');
    assert.equal(now, 0);
    assert.equal((await shadow(version, 1000, service)).found.length, 6);
    assert.equal(most, 2);
  });

  it('gives up after a quarter of an hour, and says so', async () => {
    await record(1, 2, 3);
    const clock = { ...recorded.house.clock };
    const start = clock.now();
    let asked = 0;
    clock.now = () => start + (asked++ > 1 ? 900_000 : 0);
    const { found, isComplete } = await shadow(
      await recorded.draft(riskScript(80)),
      10,
      serviceOf(freeTurns(), recorded.rehearsals, clock),
    );
    assert.equal(isComplete, false);
    assert.ok(found.length < 3);
  });

  it('is told of, and finds no version of another script or workspace', async () => {
    await record(1);
    const version = await recorded.draft(riskScript(80));
    await shadow(version);
    const { tenantId: tenant } = recorded.place;
    assert.equal((await eventsOf(knex, tenant)).filter((event) => event === 'script shadowed').length, 1);
    for (const place of [
      { ...recorded.place, id: scriptId('other') },
      { ...recorded.place, workspaceId: workspaceId('other') },
    ]) {
      const reading = serviceOf().shadow(place, { version, last: 1 });
      await assert.rejects(reading.next(), (error) => isPlatformError(error, 'not_found'));
    }
    await assert.rejects(shadow(scriptVersionId('f'.repeat(64))), (error) => isPlatformError(error, 'not_found'));
  });

  describe('on logins that were recorded without event.stats', () => {
    const reading = (line: string) => recorded.draft(riskScript(90).replace('const { body', `${line}\nconst { body`));
    const onOld = async (line: string) =>
      (await shadow(await reading(line), 10, serviceOf(freeTurns(), withoutStats))).found;

    it('says that it is not on the tape, however a version reads it', async () => {
      await record(12, 95);
      for (const line of [
        'if (event.stats.logins === 0) return api.deny("new");',
        'if ((event.stats?.logins ?? 0) === 0) return api.deny("new");',
        'const { stats } = event; if (stats === undefined) throw new Error("no stats");',
        'try { event.stats.logins; } catch { return api.deny("new"); }',
      ]) {
        const found = await onOld(line);
        assert.deepEqual(
          found.map(({ kind, fault, changes }) => [kind, fault, changes]),
          [
            ['diverged', 'not_on_tape', ['event.stats']],
            ['diverged', 'not_on_tape', ['event.stats']],
          ],
          line,
        );
      }
    });

    it('holds a version against them that does not read it, or copies its event', async () => {
      await record(12, 95);
      for (const line of ['', 'const copy = { ...event }; JSON.stringify(copy);'])
        assert.equal(kinds(await onOld(line)), 'same same', line);
    });

    it('replays what read it as it was, and tells a version of today what is on the tape', async () => {
      const source = riskScript(90).replace(
        'const { body',
        "api.claims.set('n', event.stats?.logins ?? -1);\nconst { body",
      );
      await recorded.publish(source);
      const run = await recorded.record(12);
      const { scripts } = recorded.house.stores;
      const version = await scripts.findVersion(recorded.place, run.version);
      assert.ok(version);
      const again = await withoutStats.rehearse('replay', run, version);
      assert.ok(again?.kind === 'ok', JSON.stringify(again));
      assert.deepEqual(
        again.effects.find((one) => 'name' in one && one.name === 'n'),
        {
          effect: 'claims',
          name: 'n',
          value: -1,
        },
      );
      assert.equal(kinds((await shadow(await recorded.draft(source), 1)).found), 'same');
    });
  });
});
