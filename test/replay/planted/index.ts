/** Our workflows with one command too many, as a careless change would have it: they must not pass the replay test. */
import { sleep } from '@temporalio/workflow';
import type { ApprovalOutcome, ApprovalStart } from '../../../workflows/contract/approval.ts';
import type { LoginOutcome, LoginStart } from '../../../workflows/contract/authentication.ts';
import type { DeliveryOutcome, DeliveryStart } from '../../../workflows/contract/delivery.ts';
import {
  approval as unchangedApproval,
  authentication as unchangedLogin,
  delivery as unchangedDelivery,
} from '../../../workflows/definitions/index.ts';

export async function approval(asked: ApprovalStart): Promise<ApprovalOutcome> {
  void sleep('1 day');
  return await unchangedApproval(asked);
}

export async function authentication(login: LoginStart): Promise<LoginOutcome> {
  void sleep('1 day');
  return await unchangedLogin(login);
}

export async function delivery(message: DeliveryStart): Promise<DeliveryOutcome> {
  void sleep('1 day');
  return await unchangedDelivery(message);
}
