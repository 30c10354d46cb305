/** What a login's proofs add up to: who the person is, and which steps they have passed. */
import { scriptStep } from '../../workflows/contract/authentication.ts';
import type { Unscripted } from '../sessions/session.ts';
import { isProven, type Proof, type ProofContent, type Said } from './proof.ts';

/** The person as last proven, and the steps passed since they last became another one. */
export interface ProvenSoFar extends Omit<Extract<ProofContent, { kind: 'authenticated' }>, 'said' | 'unscripted'> {
  readonly passed: ReadonlySet<string>;
  /** Requirements that these steps satisfied, in this very login. */
  readonly earned: readonly string[];
  readonly said: Said;
  /** Without what a script said, in this login or in the one that its session comes from. */
  readonly unscripted: Unscripted;
  readonly scopes: { readonly granted: readonly string[]; readonly denied: readonly string[] };
}

/** @param proofs of one login, oldest first; those never spent, and those refused, count for nothing */
export function provenSoFar(proofs: readonly Proof[]): ProvenSoFar | undefined {
  let known: Extract<ProofContent, { kind: 'authenticated' }> | undefined;
  /** Of this person, since they became the one. */
  let steps: readonly Extract<ProofContent, { kind: 'step' }>[] = [];
  for (const { content } of proofs.filter(isProven)) {
    if (content.kind === 'authenticated') {
      if (content.person.subject !== known?.person.subject) steps = [];
      known = content;
    } else if (content.kind === 'step' && content.outcome === 'passed' && content.subject === known?.person.subject) {
      steps = [...steps, content];
    }
  }
  if (known === undefined) return undefined;
  const contextWith = (more: readonly { readonly context?: Readonly<Record<string, unknown>> }[]) =>
    Object.fromEntries(more.flatMap(({ context = {} }) => Object.entries(context)));
  const { person, context } = known;
  const before = known.unscripted ?? { context, amr: person.amr, acr: person.acr };
  const others = steps.filter(({ stepId }) => stepId !== scriptStep);
  const earned = steps.flatMap(({ satisfies }) => satisfies ?? []);
  return {
    ...known,
    // What a step added outlives a first factor that was only proven once more.
    context: contextWith([known, ...steps]),
    unscripted: { ...before, context: contextWith([before, ...others]) },
    satisfied: [...new Set([...known.satisfied, ...earned])],
    passed: new Set(steps.map(({ stepId }) => stepId)),
    earned,
    said: [known, ...steps].reduce<Said>((before, { said }) => ({ ...before, ...said }), {}),
    scopes: {
      granted: steps.flatMap(({ scopes }) => scopes?.granted ?? []),
      denied: steps.flatMap(({ scopes }) => scopes?.denied ?? []),
    },
  };
}

/** What is asked for still: without the scopes that a script does not let the application have. */
export function scopesAsked(
  { scopes }: { readonly scopes: readonly string[] },
  proven: Pick<ProvenSoFar, 'scopes'> | undefined,
): readonly string[] {
  const denied = proven?.scopes.denied ?? [];
  return scopes.filter((scope) => !denied.includes(scope));
}
