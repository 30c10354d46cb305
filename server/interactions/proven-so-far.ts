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

/**
 * Those that count, from where the person last became another one or came by another idp: what somebody passed on their
 * way by one idp is asked for by that one, even where both call them the same.
 * @param proofs of one login, oldest first; those never spent, and those refused, count for nothing
 */
export function ofLastPerson(proofs: readonly Proof[]): readonly Proof[] {
  const counted = proofs.filter(isProven);
  // Where nobody took anybody's place all counts: of two servers, the clock of one may be ahead.
  let start = 0;
  let known: Extract<ProofContent, { kind: 'authenticated' }>['person'] | undefined;
  for (const [index, { content }] of counted.entries()) {
    if (content.kind !== 'authenticated') continue;
    const { person } = content;
    if (known !== undefined && (person.subject !== known.subject || person.idpId !== known.idpId)) start = index;
    known = person;
  }
  return counted.slice(start);
}

/** @param proofs of one login, oldest first */
export function provenSoFar(proofs: readonly Proof[]): ProvenSoFar | undefined {
  const contents = ofLastPerson(proofs).map(({ content }) => content);
  const known = contents.findLast((content) => content.kind === 'authenticated');
  const steps = contents.flatMap((content) =>
    content.kind === 'step' && content.outcome === 'passed' && content.subject === known?.person.subject
      ? [content]
      : [],
  );
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
