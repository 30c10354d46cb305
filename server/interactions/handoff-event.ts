/** What is told of a page that answered for a person: which page it was and how it ended, never what it said of them. */
import { authenticateStep, consentStep } from '../../workflows/contract/authentication.ts';
import type { NewEvent } from '../kernel/events.ts';
import type { Handoff, HandoffAnswer } from './handoff.ts';
import type { Interaction } from './interaction.ts';

type Told = Pick<NewEvent, 'subject' | 'action'>;

function nameOf(step: string, isRefused: boolean): Told {
  if (step === authenticateStep)
    return isRefused ? { subject: 'login', action: 'rejected' } : { subject: 'login', action: 'accepted' };
  if (step === consentStep)
    return isRefused ? { subject: 'consent', action: 'rejected' } : { subject: 'consent', action: 'accepted' };
  return isRefused ? { subject: 'post_authn', action: 'aborted' } : { subject: 'post_authn', action: 'completed' };
}

export function eventOfAnswer(stay: Handoff, { id, clientId, person }: Interaction, answer: HandoffAnswer): NewEvent {
  const { tenantId, workspaceId, step, targetId } = stay;
  const name = nameOf(step, answer.kind === 'aborted');
  const idp = person?.idpId ?? (step === authenticateStep ? targetId : undefined);
  return {
    tenantId,
    workspaceId,
    ...name,
    metadata: {
      client_id: clientId,
      session_id: id,
      ...(person === undefined ? {} : { subject: person.subject }),
      ...(idp === undefined ? {} : { idp_id: idp }),
    },
    payload: {
      [`${name.subject}_${name.action}`]: {
        ...(name.subject === 'post_authn' ? { custom_app_id: targetId } : {}),
        client_id: stay.clientId,
        ...(answer.kind === 'aborted' ? { error: answer.error } : {}),
      },
    },
  };
}
