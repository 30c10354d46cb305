/** What a script's run comes to for its login: read from what a classic script returns, or from a typed one's effects. */
import { z } from 'zod';
import {
  nothingRefused,
  type Effect,
  type JsonObject,
  type JsonValue,
  type Refused,
} from '../../scripts-runtime/index.ts';
import { nothingLeft, runEndOf, type Ended, type Left } from '../extensions/run-end.ts';
import type { ScriptRunEnd } from '../extensions/script-run.ts';
import type { VersionInfo } from '../extensions/script.ts';
import { contextBody } from './handoff-answer.body.ts';
import type { ProofContent } from './proof.ts';

/** What a login takes over, once, when it is committed. */
export interface ScriptAdds extends Pick<Extract<ProofContent, { kind: 'step' }>, 'context' | 'said' | 'scopes'> {
  /** Members of the person's metadata to write with the end of the run; null takes one away. */
  readonly metadata?: JsonObject;
}

export type ScriptVerdict =
  | { readonly outcome: 'passed'; readonly adds: ScriptAdds }
  | { readonly outcome: 'denied' }
  /** `message` for the integrator, where the runtime had none. */
  | { readonly outcome: 'failed'; readonly message?: string }
  /** What it refused before it failed stays refused. */
  | { readonly outcome: 'continued'; readonly adds: ScriptAdds; readonly message?: string };

/** What of a version decides how its results are read. */
type Reads = Pick<VersionInfo, 'shape' | 'manifest'>;

/** @param ended nothing but `ok` and a script's own `deny` is a decision: everything else failed */
export function verdictOf({ shape, manifest }: Reads, ended: Ended, refused: Refused = nothingRefused): ScriptVerdict {
  // Where nobody knows all that it refused, or it refused what no login is answered without, none goes on.
  const mayGoOn = manifest.onError === 'continue' && refused.isComplete && !refused.scopes.includes('openid');
  const failed: ScriptVerdict = mayGoOn
    ? { outcome: 'continued', adds: { scopes: { granted: [], denied: refused.scopes } } }
    : { outcome: 'failed' };
  switch (ended.kind) {
    case 'denied':
      return { outcome: 'denied' };
    case 'error':
    case 'host_crash':
      return failed;
    case 'ok': {
      const read = shape === 'classic' ? readOutput(ended.output) : readEffects(ended.effects);
      return typeof read === 'string' ? { ...failed, message: read } : { outcome: 'passed', adds: read };
    }
  }
}

/** What a run came to, as it is kept: what it said of the rest stands elsewhere. */
export interface RunEnd extends Omit<ScriptRunEnd, 'at'> {
  /** What its login takes over; undefined where it does not go on. */
  readonly adds?: ScriptAdds;
}

export function endOf(script: Reads, ended: Ended, { shown, refused }: Left = nothingLeft): RunEnd {
  const verdict = verdictOf(script, ended, refused);
  const end = runEndOf(verdict, ended, shown);
  return 'adds' in verdict ? { ...end, adds: verdict.adds } : end;
}

/**
 * What a login took over by a result that is kept: of two versions, what the login would not notice is no difference.
 * @returns undefined where it let no login pass
 */
export function changesOf(
  script: Reads,
  { result, refused = [] }: Pick<ScriptRunEnd, 'result' | 'refused'>,
): JsonObject | undefined {
  const verdict = verdictOf(script, result, { scopes: refused, isComplete: true });
  if (!('adds' in verdict)) return undefined;
  const { context = {}, said = {}, scopes, metadata = {} } = verdict.adds;
  const sorted = (names: readonly string[] = []): readonly string[] => [...new Set(names)].sort();
  return {
    // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- JSON by the schema of what it was read from
    ...(Object.fromEntries(Object.entries(context).map(([name, value]) => [`claims.${name}`, value])) as JsonObject),
    ...Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`metadata.${name}`, value])),
    acr: said.acr ?? null,
    amr: said.amr ?? null,
    idp_sub: said.idpSubject ?? null,
    'scopes.granted': sorted(scopes?.granted),
    'scopes.denied': sorted(scopes?.denied),
  };
}

const word = z.string().min(1).max(255);
const output = z.object({
  authn_ctx: contextBody.nullish(),
  amr: z.array(word).max(20).nullish(),
  acr: z.string().max(255).nullish(),
  idp_sub: z.string().max(255).nullish(),
});

/** @returns what is wrong with it in place of what it adds */
function readOutput(returned: JsonValue): ScriptAdds | string {
  const read = output.safeParse(returned);
  if (!read.success) {
    const [first] = read.error.issues;
    const at = first?.path.map(String).join('.') ?? '';
    return returned === null
      ? 'the script returned nothing: it has to return { authn_ctx }'
      : `what the script returned cannot be used: ${at === '' ? '' : `${at}: `}${first?.message ?? ''}`;
  }
  const { authn_ctx: context, amr, acr = '', idp_sub: idpSubject = '' } = read.data;
  return {
    context: context ?? {},
    said: {
      ...(amr === undefined || amr === null ? {} : { amr }),
      ...(acr === null || acr === '' ? {} : { acr }),
      ...(idpSubject === null || idpSubject === '' ? {} : { idpSubject }),
    },
  };
}

function readEffects(effects: readonly Effect[]): ScriptAdds | string {
  // No object: a name such as `__proto__` would change what it inherits, and be missed by the check.
  const context = new Map<string, unknown>();
  let said: NonNullable<ScriptAdds['said']> = {};
  const decided = new Map<string, 'grant' | 'deny'>();
  const metadata = new Map<string, JsonValue>();
  for (const one of effects) {
    switch (one.effect) {
      case 'claims':
        context.set(one.name, one.value);
        break;
      case 'acr':
        said = { ...said, acr: one.value };
        break;
      case 'amr':
        said = { ...said, amr: one.value };
        break;
      case 'scopes':
        // What was asked in OpenID's way is answered so, or not at all.
        if (one.action === 'deny' && one.scope === 'openid') return 'the scope openid cannot be denied: deny the login';
        // Of two words about one scope the refusal counts.
        if (decided.get(one.scope) !== 'deny') decided.set(one.scope, one.action);
        break;
      case 'metadata':
        for (const [name, value] of Object.entries(one.value)) metadata.set(name, value);
        break;
    }
  }
  const checked = contextBody.safeParse(Object.fromEntries(context));
  if (!checked.success) return `the claims of the script cannot be used: ${checked.error.issues[0]?.message ?? ''}`;
  // Names that objects are read by are nobody's metadata, as they are nobody's claims.
  const written = contextBody.safeParse(Object.fromEntries(metadata));
  if (!written.success) return `the metadata of the script cannot be used: ${written.error.issues[0]?.message ?? ''}`;
  const those = (action: 'grant' | 'deny') => [...decided].flatMap(([scope, is]) => (is === action ? [scope] : []));
  return {
    context: checked.data,
    said,
    scopes: { granted: those('grant'), denied: those('deny') },
    ...(metadata.size === 0 ? {} : { metadata: Object.fromEntries(metadata) }),
  };
}
