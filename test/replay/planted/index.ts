/** The login with one command too many, as a careless change would have it: it must not pass the replay test. */
import { sleep } from '@temporalio/workflow';
import type { LoginOutcome, LoginStart } from '../../../workflows/contract/authentication.ts';
import { authentication as unchanged } from '../../../workflows/definitions/index.ts';

export async function authentication(login: LoginStart): Promise<LoginOutcome> {
  void sleep('1 day');
  return await unchanged(login);
}
