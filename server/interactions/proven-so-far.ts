/** What a login's proofs add up to: who the person is, and which steps they have passed. */
import { isProven, type Proof, type ProofContent } from './proof.ts';

/** The person as last proven, and the steps passed since they last became another one. */
export interface ProvenSoFar extends Extract<ProofContent, { kind: 'authenticated' }> {
  readonly passed: ReadonlySet<string>;
}

/** @param proofs of one login, oldest first; those never spent, and those refused, count for nothing */
export function provenSoFar(proofs: readonly Proof[]): ProvenSoFar | undefined {
  let proven: ProvenSoFar | undefined;
  for (const { content } of proofs.filter(isProven)) {
    if (content.kind === 'authenticated') {
      const same = content.person.subject === proven?.person.subject;
      proven = { ...content, passed: same ? (proven?.passed ?? new Set()) : new Set() };
    } else if (content.kind === 'step' && content.outcome === 'passed' && content.subject === proven?.person.subject) {
      proven = { ...proven, passed: new Set([...proven.passed, content.stepId]) };
    }
  }
  return proven;
}
