/** The composition root's part that a worker runs: what the workflows may ask. */
import type { ApprovalActivities } from '../workflows/contract/approval.ts';
import type { AuthenticationActivities } from '../workflows/contract/authentication.ts';
import type { DeliveryActivities } from '../workflows/contract/delivery.ts';
import { createApprovalActivities } from './approvals/approval.activities.ts';
import { approvalLetters } from './compose-approvals.ts';
import type { Platform } from './compose.ts';
import type { Stores } from './compose-stores.ts';
import { createDeliveryActivities } from './deliveries/delivery.activities.ts';
import { createAuthenticationActivities } from './interactions/interaction.activities.ts';
import { createScriptSlices } from './interactions/script-slice.ts';
import { createScriptActivity } from './interactions/script.activities.ts';
import { systemClock as clock } from './kernel/clock.ts';
import type { UnitOfWork } from './kernel/unit-of-work.ts';
import { createMessageActivities } from './messages/message.activities.ts';

export type PlatformActivities = AuthenticationActivities & DeliveryActivities & ApprovalActivities;

export function composeActivities({
  unitOfWork,
  cases,
  stores,
  courier,
  pluginDeliveries,
  log,
  scriptExecutions: executions,
  writeScriptMetadata: writeMetadata,
  ...platform
}: Pick<
  Platform,
  | 'cases'
  | 'stores'
  | 'courier'
  | 'pluginDeliveries'
  | 'log'
  | 'scriptExecutions'
  | 'writeScriptMetadata'
  | 'extensions'
  | 'kinds'
  | 'issuerOf'
  | 'mails'
> & {
  readonly unitOfWork: UnitOfWork<Stores>;
}): PlatformActivities {
  const steps = { unitOfWork, cases, clock, log };
  const scripts = createScriptSlices({ ...steps, executions, writeMetadata });
  return {
    ...createAuthenticationActivities({ ...steps, scripts }),
    ...createScriptActivity({ ...steps, scripts }),
    ...createDeliveryActivities({
      messages: createMessageActivities({ messages: stores.messages, courier, clock, log }),
      plugins: pluginDeliveries,
      log,
    }),
    ...createApprovalActivities({ ...platform, unitOfWork, letters: approvalLetters(platform), clock, log }),
  };
}
