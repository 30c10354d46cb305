/** Runs of scripts as the Admin API writes them: what is listed, what is shown of one, and what became of it run again. */
import { z } from 'zod';
import { outputOf } from './script-event.ts';
import type { ReplayReport } from './script-replay.service.ts';
import type { ScriptRun, ScriptRunInfo } from './script-run.ts';

const outcome = z
  .enum(['', 'passed', 'denied', 'failed', 'continued'])
  .describe('empty while the login waits; continued: it failed, and the login went on without it');

export const runAnswer = z.object({
  id: z.string().describe('the reference that its person is shown where it failed'),
  login_id: z.string().describe('the id of the run itself where it belongs to no login, as one for a token does'),
  script_id: z.string(),
  client_id: z.string(),
  version: z.string(),
  execution_point: z.string(),
  outcome,
  slices: z.int().describe('how often it ran: once, and once more after each wait'),
  started_at: z.string(),
});
export const runsAnswer = z.object({ runs: z.array(runAnswer) });

export function toRunBody(run: ScriptRunInfo): z.infer<typeof runAnswer> {
  return {
    id: run.id,
    login_id: run.interactionId,
    script_id: run.scriptId,
    client_id: run.clientId,
    version: run.version,
    execution_point: run.point,
    outcome: run.outcome ?? '',
    slices: run.slices,
    started_at: new Date(run.startedAt).toISOString(),
  };
}

const frame = z.object({ name: z.string(), line: z.int(), column: z.int() });
const saidInRun = z.object({
  input: z.record(z.string(), z.json()).describe('context of a classic script, event of a typed one'),
  console: z.array(z.object({ level: z.string(), text: z.string() })),
  output: z.json().describe('of a typed script: its effects'),
  error: z.object({ fault: z.string(), message: z.string(), stack: z.array(frame) }).optional(),
});
export const runWithRecord = runAnswer.extend({
  ...saidInRun.shape,
  calls: z
    .array(z.object({ call: z.string(), at: z.string(), answer: z.enum(['value', 'error', 'none']) }))
    .describe('what it asked for, in the order of the answers'),
  waits_for: z.string().optional(),
  cpu_ms: z.number(),
  wall_ms: z.number(),
});

export function toRecordBody(run: ScriptRun): z.infer<typeof runWithRecord> {
  const { end, tape, waits } = run;
  const result = end?.result;
  const said = {
    input: run.input,
    console: run.console,
    output: result === undefined ? {} : outputOf(result),
    ...(result?.kind === 'error'
      ? { error: { fault: result.fault, message: result.message, stack: result.stack } }
      : {}),
  };
  return {
    ...toRunBody({ ...run, outcome: end?.outcome }),
    ...withoutMark(said, tape.mark),
    calls: tape.entries.map(({ call, at, answer }) => ({
      call,
      at: new Date(at).toISOString(),
      answer: answer === undefined ? 'none' : answer.kind === 'spilled' ? 'value' : answer.kind,
    })),
    ...(waits === undefined ? {} : { waits_for: waits.kind }),
    cpu_ms: run.cpuMs,
    wall_ms: run.wallMs,
  };
}

/** Where a secret was struck out stands its name: what else stands there would let an answer ask for the secret. */
function withoutMark(said: object, mark: string): z.infer<typeof saidInRun> {
  return saidInRun.parse(JSON.parse(JSON.stringify(said).replaceAll(`:${mark}]`, ']')));
}

export const replayAnswer = z.object({
  run_id: z.string(),
  login_id: z.string(),
  version: z.string(),
  equal: z.boolean().describe('whether every byte is the same'),
  differs: z.array(z.enum(['result', 'calls', 'console'])),
  recorded_outcome: outcome,
  outcome,
  fault: z.string().optional(),
  changed_secrets: z
    .array(z.string())
    .describe('names of those that the script may read and that are others by now, or gone'),
});

export function toReplayBody({
  run,
  differs,
  outcome: now,
  fault,
  changedSecrets,
}: ReplayReport): z.infer<typeof replayAnswer> {
  return {
    run_id: run.id,
    login_id: run.interactionId,
    version: run.version,
    equal: differs.length === 0,
    differs: [...differs],
    recorded_outcome: run.end?.outcome ?? '',
    outcome: now ?? '',
    ...(fault === undefined ? {} : { fault }),
    changed_secrets: [...changedSecrets],
  };
}
