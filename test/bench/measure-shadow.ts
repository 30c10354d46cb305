/** How many logins in a second a version is held against: real rows, opened one by one, and the tapes of a script that fetched. */
import { randomBytes } from 'node:crypto';
import { beginTape } from '../../scripts-runtime/index.ts';
import { createScriptExecutions } from '../../server/extensions/script-execution.ts';
import { createRehearsals } from '../../server/extensions/script-rehearsal.ts';
import { createScriptService } from '../../server/extensions/script.service.ts';
import { createScriptShadowService } from '../../server/extensions/script-shadow.service.ts';
import type { ScriptVersion } from '../../server/extensions/script.ts';
import { createTurns } from '../../server/extensions/turns.ts';
import { scriptJudges } from '../../server/compose-scripts.ts';
import { endOf } from '../../server/interactions/script-verdict.ts';
import { systemClock as clock } from '../../server/kernel/clock.ts';
import {
  clientId,
  interactionId,
  newId,
  scriptId,
  scriptRunId,
  tenantId,
  workspaceId,
} from '../../server/kernel/ids.ts';
import { openDeployment, type Deployment } from '../support/deployment.ts';
import type { Result } from './result.ts';
import type { Setting } from './setting.ts';

const place = { tenantId: tenantId('default'), workspaceId: workspaceId('demo'), id: scriptId('risk') };

const source = (threshold: number): string => `import { defineScript } from '@gatehouse/scripts/post-authn';
export default defineScript({
  runtime: '2026-11', net: [{ host: 'risk.example.com', methods: ['POST'] }], effects: ['claims', 'deny'],
  async run(event, api) {
    const { body } = await api.fetch('https://risk.example.com/score', { json: { nonce: api.crypto.uuid() } });
    if (body.score > ${String(threshold)}) return api.deny('risk', { score: body.score });
    api.claims.set('risk', body.score);
  },
});`;

export async function measureShadow({ size }: Pick<Setting, 'size'>): Promise<Result> {
  const house = await openDeployment();
  try {
    const { unitOfWork, scriptCompiler: compiler } = house.platform;
    const service = createScriptService({ unitOfWork, compiler, clock });
    const words = { name: 'Risk', envVersion: '', testInput: '', body: source(90) };
    await service.create(place.tenantId, place.workspaceId, place.id, words);
    const { version } = await service.draft(place, source(80));
    const { scripts } = house.platform.stores;
    const live = (await scripts.find(place))?.live;
    const before = live && (await scripts.findVersion(place, live));
    if (before === undefined) throw new Error('the script is not there');
    for (let nth = 0; nth < size.requests; nth++) await record(house, before, nth % 101);
    const perSecond = await shadow(house, version, size.requests);
    return { name: 'scripts.shadow', value: perSecond, unit: '/s', bar: { of: 'value', atLeast: 200 } };
  } finally {
    await house.close();
  }
}

/** A login's run, as its step keeps it. */
async function record({ platform }: Deployment, version: ScriptVersion, score: number): Promise<void> {
  const { stores, scriptsRuntime } = platform;
  const executions = createScriptExecutions({
    run: scriptsRuntime.run,
    fetch: () => Promise.resolve(Response.json({ score })),
    ...{ secrets: stores.secrets, values: stores.scriptValues, answers: stores.scriptAnswers, clock },
  });
  const now = clock.now();
  const input = { user: { id: newId() }, authn: { ctx: { email: 'ada@here.example' } } };
  const run = await stores.scriptRuns.insertOnce({
    ...{ tenantId: place.tenantId, workspaceId: place.workspaceId, scriptId: place.id },
    ...{ id: scriptRunId(newId()), interactionId: interactionId(newId()), clientId: clientId('app'), subject: 'ada' },
    ...{ version: version.version, point: 'post_authn_ctx', input },
    tape: beginTape({ script: version.compiled.sha256, input, at: now }, randomBytes),
    ...{ console: [], secrets: [], slices: 0, cpuMs: 0, wallMs: 0, startedAt: now, expiresAt: now + 86_400_000 },
  });
  const workspace = { settings: { script_allowed_hosts: [] } };
  const executed = await executions.run({ version, point: run.point, workspace, input, kept: run });
  if (executed.kind !== 'ok' && executed.kind !== 'denied')
    throw new Error(`the script failed: ${JSON.stringify(executed)}`);
  const { outcome, result } = endOf(version.compiled, executed, executed);
  const { console, cpuMs, wallMs, tape } = executed;
  await stores.scriptRuns.keep({ ...run, tape, console, cpuMs, wallMs, slices: 1, end: { outcome, result, at: now } });
}

/** @returns verdicts in a second, from the first one on: starting a process for them is not what is measured */
async function shadow({ platform }: Deployment, version: ScriptVersion['version'], last: number): Promise<number> {
  const { stores, unitOfWork, rehearsalRuntime } = platform;
  const shadows = createScriptShadowService({
    ...{ scripts: stores.scripts, scriptRuns: stores.scriptRuns, unitOfWork, clock, judges: scriptJudges },
    rehearsals: createRehearsals({
      ...{ run: rehearsalRuntime.run, secrets: stores.secrets, answers: stores.scriptAnswers },
    }),
    turns: createTurns({ atOnce: 1, take: () => 0, message: '' }),
  });
  const verdicts = shadows.shadow(place, { version, last });
  await verdicts.next();
  const began = performance.now();
  let seen = 0;
  for await (const { kind } of verdicts) {
    if (kind !== 'same' && kind !== 'changed') throw new Error(`a login came out as ${kind}`);
    seen += 1;
  }
  return (seen * 1000) / (performance.now() - began);
}
