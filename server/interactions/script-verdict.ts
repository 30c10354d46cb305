/** What a script's run comes to for its login: read from what a classic script returns, or from a typed one's effects. */
import { z } from 'zod';
import type { Effect, JsonValue, RunOutcome } from '../../scripts-runtime/index.ts';
import type { ScriptVersion } from '../extensions/script.ts';
import { contextBody } from './handoff-answer.body.ts';
import type { ProofContent } from './proof.ts';

/** What a login takes over, once, when it is committed. */
export type ScriptAdds = Pick<Extract<ProofContent, { kind: 'step' }>, 'context' | 'said' | 'scopes'>;

export type ScriptVerdict =
  | { readonly outcome: 'passed'; readonly adds: ScriptAdds }
  | { readonly outcome: 'denied' }
  /** `message` for the integrator, where the runtime had none. */
  | { readonly outcome: 'failed' | 'continued'; readonly message?: string };

type Ended = Exclude<RunOutcome, { kind: 'suspended' }>;

/** @param ended nothing but `ok` and a script's own `deny` is a decision: everything else failed */
export function verdictOf({ compiled }: Pick<ScriptVersion, 'compiled'>, ended: Ended): ScriptVerdict {
  const failed = compiled.manifest.onError === 'continue' ? 'continued' : 'failed';
  switch (ended.kind) {
    case 'denied':
      return { outcome: 'denied' };
    case 'error':
    case 'host_crash':
      return { outcome: failed };
    case 'ok': {
      const read = compiled.shape === 'classic' ? readOutput(ended.output) : readEffects(ended.effects);
      return typeof read === 'string' ? { outcome: failed, message: read } : { outcome: 'passed', adds: read };
    }
  }
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
        return 'no login writes metadata by this version';
    }
  }
  const checked = contextBody.safeParse(Object.fromEntries(context));
  if (!checked.success) return `the claims of the script cannot be used: ${checked.error.issues[0]?.message ?? ''}`;
  const those = (action: 'grant' | 'deny') => [...decided].flatMap(([scope, is]) => (is === action ? [scope] : []));
  return { context: checked.data, said, scopes: { granted: those('grant'), denied: those('deny') } };
}
