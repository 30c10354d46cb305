/** What the pages of a login call its person: by their own name, from what was proven; else as they are called. */
import type { Interaction } from './interaction.ts';
import type { ProofStore } from './proof.ts';
import { provenSoFar } from './proven-so-far.ts';

/** By what somebody knows that it is them. */
export function nameIn({ name, email, preferred_username: username }: Readonly<Record<string, unknown>> = {}) {
  return [name, email, username].find((value): value is string => typeof value === 'string');
}

export async function nameProven(
  proofs: Pick<ProofStore, 'listOf'>,
  { tenantId, workspaceId, id }: Pick<Interaction, 'tenantId' | 'workspaceId' | 'id'>,
): Promise<string> {
  const proven = provenSoFar(await proofs.listOf(tenantId, workspaceId, id));
  return nameIn(proven?.context) ?? proven?.person.idpSubject ?? '';
}
