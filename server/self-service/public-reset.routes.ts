/** Setting a new password by a code, for whoever has it: the one self-service call that asks for no token. */
import { z } from 'zod';
import type { AccountService } from '../codes/account.service.ts';
import { codeText, guessIn, named } from '../codes/code-call.ts';
import { namedPerson, type PersonStores } from '../codes/code-person.ts';
import { wrongCode } from '../codes/code-redeem.service.ts';
import { changePasswordBody } from '../credentials/password/password.body.ts';
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import type { IdpStore } from '../idps/idp.ts';
import { PlatformError } from '../kernel/errors.ts';
import { chosenIdPattern, poolId, workspaceId } from '../kernel/ids.ts';
import type { Pool, PoolStore } from '../pools/pool.ts';

export interface PublicResetRoutesDeps {
  readonly stores: PersonStores & {
    readonly pools: Pick<PoolStore, 'find'>;
    readonly idps: Pick<IdpStore, 'list'>;
  };
  readonly accounts: Pick<AccountService, 'resetPassword'>;
}

export function publicResetEndpoints({ stores, accounts }: PublicResetRoutesDeps): readonly Endpoint[] {
  /** Of those by which people sign in to the workspace that the path names. */
  const poolOf = async ({ tenantId, params }: Pick<Call, 'tenantId' | 'params'>): Promise<Pool | undefined> => {
    const { aid = '', ipID = '' } = params;
    if (!chosenIdPattern.test(aid)) return undefined;
    const idps = await stores.idps.list(tenantId, workspaceId(aid));
    const isUsed = idps.some((idp) => idp.enabled && idp.method === 'identity_pool' && idp.poolId === ipID);
    return isUsed ? stores.pools.find(tenantId, poolId(ipID)) : undefined;
  };

  return [
    endpoint({
      method: 'post',
      path: '/:tid/:aid/identity/public/pools/:ipID/reset-password/confirm',
      operationId: 'resetPasswordConfirm',
      tag: 'Users',
      summary: 'Set a new password by a code; every wrong one is refused alike, and counted',
      access: { kind: 'public', because: 'the code that was sent to them says whose password it is' },
      body: z.object({
        code: codeText.describe('with an identifier; or an extended one, which names its owner'),
        identifier: named.identifier,
        new_password: changePasswordBody.shape.new_password,
      }),
      refuses: ['unauthorized', 'forbidden', 'conflict'],
      success: { status: 204, description: 'the password is set; every session has ended' },
      async handle(call) {
        const pool = await poolOf(call);
        // What there is, is no business of whoever has no code of it.
        if (pool === undefined) throw wrongCode();
        if (pool.settings.reset_credentials_settings.do_not_allow_users_to_self_reset_credentials)
          throw new PlatformError('forbidden', 'People of this pool do not reset their passwords by themselves.');
        const { code: text, identifier, new_password: password } = call.body;
        const { naming, code } = guessIn({ code: text, identifier });
        const { user, typed } = await namedPerson(stores, pool, naming);
        await accounts.resetPassword({ pool, user, typed, code }, password);
      },
    }),
  ];
}
