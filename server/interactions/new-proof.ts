/** A proof as it is kept before anybody has believed it. */
import { updateOf } from '../../workflows/contract/authentication.ts';
import { newId, proofId } from '../kernel/ids.ts';
import type { Interaction } from './interaction.ts';
import { proofLifetimeMs, type Proof, type ProofContent } from './proof.ts';

function updateFor(content: ProofContent): string {
  return content.kind === 'step' ? updateOf(content.stepId) : content.kind;
}

/** @param nonce of the form that it came from @param now milliseconds since the epoch */
export function newProof(interaction: Interaction, nonce: string, content: ProofContent, now: number): Proof {
  return {
    tenantId: interaction.tenantId,
    workspaceId: interaction.workspaceId,
    id: proofId(newId()),
    interactionId: interaction.id,
    clientId: interaction.clientId,
    idpId: content.kind === 'authenticated' ? content.person.idpId : interaction.person?.idpId,
    update: updateFor(content),
    nonce,
    content,
    createdAt: now,
    expiresAt: now + proofLifetimeMs,
    consumedBy: undefined,
  };
}
