/** Passkeys of people in the Identity API, where programs look after them. */
import { z } from 'zod';
import { endpoint, type Call, type Endpoint } from '../../http/endpoint.ts';
import { identityScope, systemPath } from '../../http/identity-endpoints.ts';
import { PlatformError } from '../../kernel/errors.ts';
import type { PoolStore } from '../../pools/pool.ts';
import { personIn, poolOf } from '../../users/user.routes.ts';
import { creationSentBody, credentialAnswer, credentialIdBody, nameBody, toCredentialBody } from './passkey.body.ts';
import type { PasskeyService } from './passkey.service.ts';

export interface PasskeyRoutesDeps {
  readonly pools: Pick<PoolStore, 'find'>;
  readonly service: PasskeyService;
}

const tag = 'Users';
const path = (rest: string): string => systemPath(`/pools/:ipID/users/:userID/webauthn/${rest}`);

/** @throws PlatformError `not_found` for what can be the id of none */
export function credentialIn({ params }: Pick<Call, 'params'>): string {
  const read = credentialIdBody.safeParse(params['webAuthnCredentialID']);
  if (!read.success) throw new PlatformError('not_found', 'The user has no such passkey.');
  return read.data;
}

export function passkeyEndpoints({ pools, service }: PasskeyRoutesDeps): readonly Endpoint[] {
  const at = async (call: Call) => personIn(call, await poolOf(pools, call));

  return [
    endpoint({
      method: 'delete',
      path: path(':webAuthnCredentialID'),
      operationId: 'deleteWebAuthnKey',
      tag,
      summary: 'Remove a passkey of a person; not the last way in which they can sign in',
      access: identityScope,
      success: { status: 204, description: 'it is gone' },
      handle: async (call) => service.remove(await at(call), credentialIn(call)),
    }),
    endpoint({
      method: 'put',
      path: path(':webAuthnCredentialID/name'),
      operationId: 'nameWebAuthnKey',
      tag,
      summary: 'Name a passkey of a person',
      access: identityScope,
      body: nameBody,
      success: { status: 204, description: 'it is named' },
      handle: async (call) => service.rename(await at(call), credentialIn(call), call.body.name),
    }),
    endpoint({
      method: 'post',
      path: path('create/begin'),
      operationId: 'beginWebAuthnCredentialsGeneration',
      tag,
      summary: 'Begin to add a passkey: what `navigator.credentials.create` is given',
      access: identityScope,
      refuses: ['unprocessable_entity'],
      success: {
        status: 200,
        description: 'options with a challenge that is good for ten minutes, and once',
        body: z.object({ publicKey: z.record(z.string(), z.json()) }),
      },
      handle: async (call) => ({ publicKey: await service.begin(await at(call)) }),
    }),
    endpoint({
      method: 'post',
      path: path('create/complete'),
      operationId: 'completeWebAuthnCredentialsGeneration',
      tag,
      summary: 'Add the passkey that `navigator.credentials.create` made',
      access: identityScope,
      body: creationSentBody,
      refuses: ['conflict'],
      success: {
        status: 200,
        description: 'the passkey that was added',
        body: z.object({ credentials: z.array(credentialAnswer) }),
      },
      async handle(call) {
        const { id, rawId, type, response } = call.body;
        const added = await service.complete(await at(call), { id, rawId, type, response });
        return { credentials: [toCredentialBody(added)] };
      },
    }),
  ];
}
