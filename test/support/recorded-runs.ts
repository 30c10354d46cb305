/** Logins whose script was really run, and really kept: with answers from outside, chance, a clock, a secret and waits. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import type { RunRequest, RunResult } from '../../scripts-runtime/index.ts';
import { createRehearsals, type Rehearsals } from '../../server/extensions/script-rehearsal.ts';
import { createScriptCompiler } from '../../server/extensions/script-compiler.ts';
import { createScriptService, type ScriptService } from '../../server/extensions/script.service.ts';
import type { ScriptRun } from '../../server/extensions/script-run.ts';
import type { ScriptPlace } from '../../server/extensions/script.ts';
import { createTurns } from '../../server/extensions/turns.ts';
import type { Interaction } from '../../server/interactions/interaction.ts';
import { scriptJudges } from '../../server/compose-scripts.ts';
import { customAppId, scriptId, secretId, type ScriptVersionId } from '../../server/kernel/ids.ts';
import { scriptAppStep, type StepAnswer } from '../../workflows/contract/authentication.ts';
import { openLoginRows, type LoginRows } from './login-rows.ts';
import { typed, type ScriptsRuntime } from './scripts.ts';
import { unitOfWorkOn } from './stores.ts';

export const judges = scriptJudges;
export const plantedSecret = 'planted-secret-value';

/** Denies above a threshold; of ten logins one sleeps, and one goes to an application, before anything is decided. */
export const riskScript = (threshold: number): string =>
  typed(
    `const { body: { score } } = await api.fetch('https://risk.example.com/score', {
       method: 'POST', headers: { 'x-key': api.secrets.KEY }, json: { sub: event.user.subject, nonce: api.crypto.uuid() } });
     console.log('score', score, event.authn.ctx.email, api.secrets.KEY);
     const before = await api.cache.incr('logins');
     if (score % 10 === 0) await api.sleep('30m');
     const org = score % 10 === 1 ? (await api.redirect('org-picker', { data: { score } })).data.org : 'none';
     if (score > ${String(threshold)}) return api.deny('risk', { score });
     api.claims.set('risk', score);
     api.claims.set('org', org);
     api.claims.set('nth', before);
     api.claims.set('signed', api.crypto.hmac(api.secrets.KEY, String(score)));
     api.claims.set('drawn', [Math.random(), Date.now(), api.crypto.uuid()]);`,
    `secrets: ['KEY'], net: [{ host: 'risk.example.com', methods: ['POST'] }],
     effects: ['claims', 'deny', 'sleep', 'redirect'],`,
  );

/** What the login of this number scores: 0 to 100, each as often as any other. */
export const scoreOf = (nth: number): number => (nth * 37) % 101;

export interface RecordedRuns {
  readonly house: LoginRows;
  readonly place: ScriptPlace;
  readonly service: ScriptService;
  /** Everything that left the process, by address. */
  readonly sent: readonly string[];
  /** By a runtime that plays tapes. */
  readonly rehearsals: Rehearsals;
  /** Publishes a source, where every login of the house runs it. */
  publish(source: string): Promise<void>;
  draft(source: string): Promise<ScriptVersionId>;
  /** Signs somebody in as far as their script goes, without what it waits for. */
  login(score: number): Promise<Interaction>;
  /** The same until the script has decided. @returns the run, as it is kept */
  record(score: number): Promise<ScriptRun>;
  runOf(login: Interaction): Promise<ScriptRun>;
}

export const freeTurns = () => createTurns({ atOnce: 100, take: () => 0, message: 'too many' });

export async function openRecordedRuns(knex: Knex, runtime: ScriptsRuntime): Promise<RecordedRuns> {
  const sent: string[] = [];
  let score = 0;
  const run = (request: RunRequest): Promise<RunResult> =>
    runtime.run({
      ...request,
      host: {
        ...request.host,
        fetch(url) {
          sent.push(url);
          return Promise.resolve(Response.json({ score, padding: score === 100 ? 'x'.repeat(50_000) : '' }));
        },
      },
    });
  const house = await openLoginRows(knex, [], run);
  const { tenantId, workspaceId } = house.client;
  const place = { tenantId, workspaceId, id: scriptId('risk') };
  const compiler = createScriptCompiler({ compile: runtime.compile });
  const service = createScriptService({ unitOfWork: unitOfWorkOn(knex, house.clock), compiler, clock: house.clock });
  const words = { name: 'Risk', envVersion: '', testInput: '' };
  await house.stores.secrets.insert(
    { tenantId, workspaceId, id: secretId('KEY'), createdAt: 0, updatedAt: 0 },
    plantedSecret,
  );
  await house.stores.customApps.insert({
    ...{ tenantId, workspaceId, id: customAppId('org-picker'), name: 'Organisations' },
    ...{ url: 'https://orgs.example/start', clientId: house.client.id },
  });
  const runIn = (login: Interaction): Promise<StepAnswer> => house.activities.runScript(house.start(login));
  const runOf = async (login: Interaction): Promise<ScriptRun> => {
    const [found] = await house.stores.scriptRuns.listOf(tenantId, workspaceId, login.id);
    assert.ok(found);
    return found;
  };

  async function login(scored: number): Promise<Interaction> {
    score = scored;
    // No two begin at once: which is the younger one is then known.
    house.clock.set(house.clock.now() + 1);
    const begun = await house.begin();
    const person = { ...house.ada, authTime: house.clock.now() / 1000 };
    const proof = await house.prove(begun, { ...house.password, person });
    await house.activities.establishPerson(house.start(begun), { proofId: proof.id });
    await runIn(begun);
    return begun;
  }

  /** What the application says, as the call leaves it by which it answers. */
  async function comeBack(away: Interaction, call: number): Promise<void> {
    const stepId = scriptAppStep(call);
    const data = { app: 'org-picker', said: { org: 'treasury' } };
    const content = { kind: 'step', subject: house.ada.subject, stepId, outcome: 'passed', data } as const;
    await house.prove(away, content, { consumedBy: 'told' });
  }

  return {
    house,
    place,
    service,
    sent,
    rehearsals: createRehearsals({
      run: runtime.run,
      secrets: house.stores.secrets,
      answers: house.stores.scriptAnswers,
    }),
    async publish(source) {
      const isThere = (await house.stores.scripts.find(place)) !== undefined;
      if (isThere) await service.update(place, { ...words, body: source });
      else await service.create(tenantId, workspaceId, place.id, { ...words, body: source });
      await house.stores.executionPoints.put({
        ...{ tenantId, workspaceId, type: 'post_authn_ctx', target: house.idp.id },
        scriptId: place.id,
      });
    },
    draft: async (source) => (await service.draft(place, source)).version,
    login,
    async record(scored) {
      const begun = await login(scored);
      const { waits } = await runOf(begun);
      if (waits?.kind === 'sleep') house.clock.set(waits.until);
      if (waits?.kind === 'redirect') await comeBack(begun, waits.call);
      if (waits !== undefined) await runIn(begun);
      return runOf(begun);
    },
    runOf,
  };
}
