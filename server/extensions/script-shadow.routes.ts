/** Holding a version against logins that are over, in the Admin API: a verdict a line, while they are found. */
import { z } from 'zod';
import { endpoint, type Endpoint } from '../http/endpoint.ts';
import { scriptVersionId } from '../kernel/ids.ts';
import { mostShadowed, type ScriptShadowService, type ShadowEnd } from './script-shadow.service.ts';
import type { ShadowVerdict } from './script-shadow.ts';
import { scriptAccess, scriptPlaceOf, scriptsPath, scriptsTag as tag, type ScriptRoutesDeps } from './script.routes.ts';

export interface ScriptShadowRoutesDeps extends Pick<ScriptRoutesDeps, 'workspaces'> {
  readonly shadows: ScriptShadowService;
}

const usual = 1000;
const shadowBody = z
  .object({
    last: z
      .int()
      .min(1)
      .max(mostShadowed)
      .optional()
      .describe(`how many logins, youngest first; ${String(usual)} where it is left out`),
  })
  .optional();

const verdict = z.object({
  run_id: z.string(),
  login_id: z.string(),
  verdict: z.enum(['same', 'changed', 'diverged', 'error']),
  slower: z.boolean(),
  recorded_outcome: z.string(),
  outcome: z.string(),
  changes: z
    .array(z.string())
    .describe('what would have been different, or was asked for and is not on the tape, by name'),
  fault: z.string().optional(),
  at: z.string().optional(),
  changed_secrets: z
    .array(z.string())
    .describe('names of those that the script may read and that are others by now, or gone'),
});
const count = z.int();
const summary = z.object({
  logins: count,
  same: count,
  changed: count,
  diverged: count,
  error: count,
  slower: count,
  complete: z.boolean().describe('false where it took too long to look at all of them'),
});
const shadowAnswer = z.object({ verdicts: z.array(verdict).describe('one a line'), summary });

function toVerdictBody({ run, kind, ...of }: ShadowVerdict): z.infer<typeof verdict> {
  return {
    run_id: run.id,
    login_id: run.interactionId,
    verdict: kind,
    slower: of.isSlower,
    recorded_outcome: run.outcome ?? '',
    outcome: of.outcome ?? '',
    changes: [...of.changes],
    ...(of.fault === undefined ? {} : { fault: of.fault }),
    ...(of.at === undefined ? {} : { at: of.at }),
    changed_secrets: [...of.changedSecrets],
  };
}

/** The text of the answer. What fails before the first verdict is told as any failure is. */
async function* written(verdicts: AsyncGenerator<ShadowVerdict, ShadowEnd>): AsyncGenerator<string> {
  const counts = { logins: 0, same: 0, changed: 0, diverged: 0, error: 0, slower: 0 };
  let before = '{"verdicts":[\n';
  try {
    for (;;) {
      const next = await verdicts.next();
      if (next.done === true) {
        const start = counts.logins === 0 ? before : '';
        const sum: z.infer<typeof summary> = { ...counts, complete: next.value.isComplete };
        yield `${start}\n],"summary":${JSON.stringify(sum)}}`;
        return;
      }
      const { value } = next;
      counts.logins += 1;
      counts[value.kind] += 1;
      if (value.isSlower) counts.slower += 1;
      yield before + JSON.stringify(toVerdictBody(value));
      before = ',\n';
    }
  } finally {
    await verdicts.return({ isComplete: false });
  }
}

export function scriptShadowEndpoints({ shadows, ...deps }: ScriptShadowRoutesDeps): readonly Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: `${scriptsPath}/:script/versions/:version/shadow`,
      operationId: 'shadowScriptVersion',
      tag,
      summary:
        'What a version would have made of the last logins, without anything being done; close the connection to end it',
      access: scriptAccess(deps).mayManage,
      body: shadowBody,
      isBodyOptional: true,
      isAction: true,
      success: {
        status: 200,
        description: 'a verdict on each login, and their sum',
        body: shadowAnswer,
        isStreamed: true,
      },
      handle(call) {
        const { last = usual } = call.body ?? {};
        const version = scriptVersionId(call.params['version'] ?? '');
        return Promise.resolve(written(shadows.shadow(scriptPlaceOf(call), { version, last })));
      },
    }),
  ];
}
