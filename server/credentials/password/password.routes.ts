/** Passwords in the Identity API: verified and changed for programs, and the state they are in. */
import type { z } from 'zod';
import { endpoint, type Call, type Endpoint } from '../../http/endpoint.ts';
import { adminAndSystem, identityScope, systemPath } from '../../http/identity-endpoints.ts';
import { PlatformError } from '../../kernel/errors.ts';
import { userId } from '../../kernel/ids.ts';
import type { PoolStore } from '../../pools/pool.ts';
import { personIn, poolIn, poolOf, userIn } from '../../users/user.routes.ts';
import {
  changePasswordBody,
  passwordStateBody,
  verifiedAnswer,
  verifiedAnswerV2,
  verifyPasswordBody,
} from './password.body.ts';
import type { PasswordService } from './password.service.ts';
import type { PasswordVerifyService, VerifiedPassword } from './password-verify.service.ts';

export interface PasswordRoutesDeps {
  readonly pools: Pick<PoolStore, 'find'>;
  readonly service: Pick<PasswordService, 'change' | 'setState'>;
  readonly verifier: PasswordVerifyService;
}

const tag = 'Users';

export function passwordEndpoints({ pools, service, verifier }: PasswordRoutesDeps): readonly Endpoint[] {
  const verify = (call: Call<unknown, z.output<typeof verifyPasswordBody>>): Promise<VerifiedPassword> => {
    const { identifier = '', userID = '', id = '', password } = call.body;
    const asked = identifier === '' ? { userId: userId(id === '' ? userID : id) } : { identifier };
    return verifier.verify(call.tenantId, poolIn(call), asked, password);
  };
  const change = (operationId: string, name: string, summary: string) =>
    endpoint({
      method: 'post',
      path: systemPath(`/pools/:ipID/users/:userID/${name}`),
      operationId,
      tag,
      summary,
      access: identityScope,
      body: changePasswordBody,
      isAction: true,
      success: { status: 204, description: 'it is changed' },
      async handle(call) {
        const owner = { tenantId: call.tenantId, poolId: poolIn(call), userId: userIn(call) };
        const { old_password: old, new_password } = call.body;
        await service.change(owner, { old, new: new_password, pointer: '/new_password' });
      },
    });

  return [
    endpoint({
      method: 'post',
      path: systemPath('/pools/:ipID/user/password/v2/verify'),
      operationId: 'verifyPasswordV2',
      tag,
      summary: 'Verify a password, and say why it does not sign in; the id is empty for nobody',
      access: identityScope,
      body: verifyPasswordBody,
      isAction: true,
      success: { status: 200, description: 'what it came to', body: verifiedAnswerV2 },
      async handle(call) {
        const { userId: id = '', result, state } = await verify(call);
        return { id, result, state };
      },
    }),
    endpoint({
      method: 'post',
      path: systemPath('/pools/:ipID/user/password/verify'),
      operationId: 'verifyPassword',
      tag,
      summary: 'Verify a password; whatever does not sign in is refused alike',
      access: identityScope,
      body: verifyPasswordBody,
      isAction: true,
      success: { status: 200, description: 'whose it is, and whether they have to change it', body: verifiedAnswer },
      async handle(call) {
        const { userId: id, result, state } = await verify(call);
        if (id === undefined || result !== 'password_correct' || state === 'must_be_reset')
          throw new PlatformError('unauthorized', 'The password is not theirs, or is good for nothing now.');
        return { id, state };
      },
    }),
    change('changePassword', 'change-password', 'Change a password for who knows the old one'),
    change('deprecatedChangePassword', 'change_password', 'The older path of the same'),
    ...adminAndSystem({
      method: 'put',
      path: '/pools/:ipID/users/:userID/password/state',
      operationIds: ['setPasswordState', 'setPasswordState'],
      tag,
      summary: 'Say whether a password is good, has to be changed, or has to be reset',
      admin: {
        kind: 'role',
        in: 'pool',
        permission: 'manage_user_passwords',
        of: (call) => pools.find(call.tenantId, poolIn(call)),
      },
      body: passwordStateBody,
      success: { status: 204, description: 'it is in this state' },
      handle: async (call) => service.setState(personIn(call, await poolOf(pools, call)), call.body.state),
    }),
  ];
}
