/** A passkey after a code in the Identity API: sent to a verified address, and spent with the passkey that it adds. */
import { z } from 'zod';
import type { CodeSender } from '../../codes/code-asking.ts';
import {
  addressed,
  codeOrLink,
  codeText,
  guessIn,
  localeOf,
  named,
  namingIn,
  oneAddress,
  senderName,
  serverId,
  type CodeCallStores,
} from '../../codes/code-call.ts';
import { destinationsOf, namedPerson, type PersonStores } from '../../codes/code-person.ts';
import { sinceSessionsEnd, tooOften, wrongCode, type Redeem } from '../../codes/code-redeem.service.ts';
import { endpoint, type Endpoint } from '../../http/endpoint.ts';
import { identityScope, systemPath } from '../../http/identity-endpoints.ts';
import { isPlatformError, unprocessable } from '../../kernel/errors.ts';
import type { PoolStore } from '../../pools/pool.ts';
import { poolOf } from '../../users/user.routes.ts';
import { credentialBody, givenPasskey } from './passkey.body.ts';
import type { PasskeyService, PasskeyStores } from './passkey.service.ts';

export interface PasskeyEnrolmentDeps {
  readonly stores: CodeCallStores & PersonStores & { readonly pools: Pick<PoolStore, 'find'> };
  readonly sender: Pick<CodeSender, 'send'>;
  readonly redeem: Redeem<PasskeyStores>;
  readonly passkeys: Pick<PasskeyService, 'addIn'>;
  readonly pickLocale: (tags: string | undefined) => string;
}

const tag = 'Users';
const type = 'enroll_webauthn';
const path = (step: 'request' | 'complete'): string => systemPath(`/pools/:ipID/user/webauthn/add/${step}`);

/** What `add` refuses, told as a wrong code: otherwise who has a code would learn what others have. */
const refusals = ['unprocessable_entity', 'conflict', 'forbidden', 'not_found'] as const;

export function passkeyEnrolmentEndpoints(deps: PasskeyEnrolmentDeps): readonly Endpoint[] {
  const { stores, sender, redeem, passkeys } = deps;
  const { pools } = stores;

  return [
    endpoint({
      method: 'post',
      path: path('request'),
      operationId: 'requestAddWebAuthn',
      tag,
      summary: 'Have somebody sent what lets them add a passkey, if there is anybody',
      access: identityScope,
      query: z.object({ ...codeOrLink, ...serverId }),
      body: oneAddress.extend(named),
      isAction: true,
      success: { status: 204, description: 'accepted, whether or not there is anybody' },
      async handle(call): Promise<undefined> {
        const { address, identifier, userID } = call.body;
        if (identifier !== undefined && userID !== undefined)
          throw unprocessable('/identifier', 'must be left out beside a userID');
        const pool = await poolOf(pools, call);
        const naming = namingIn({ identifier, userID }) ?? { by: 'address', text: address };
        const { user, typed, addresses } = await namedPerson(stores, pool, naming);
        // What nobody verified proves nothing of whoever reads it, and a passkey is a way in.
        const to = destinationsOf(addresses, address, 'verified');
        const { server_id, code_type_in_message: form } = call.query;
        const sent = await sender.send({
          pool,
          type,
          user,
          typed,
          to: pool.authenticationMechanisms.includes('webauthn') ? to : [],
          name: await senderName(stores, call.tenantId, server_id),
          locale: localeOf(user, deps.pickLocale),
          from: { kind: 'program' },
          ...(form === 'link' ? { link: { server_id } } : {}),
        });
        if (sent.kind === 'throttled') throw tooOften(sent.retryAfterSeconds);
        return undefined;
      },
    }),
    endpoint({
      method: 'post',
      path: path('complete'),
      operationId: 'completeAddWebAuthn',
      tag,
      summary: 'Add a passkey by a code',
      access: identityScope,
      body: z.object({ code: codeText, new_web_authn: credentialBody, ...named, ...addressed }),
      isAction: true,
      success: { status: 204, description: 'the passkey is added; the code is spent' },
      async handle(call): Promise<undefined> {
        const pool = await poolOf(pools, call);
        const { naming, code } = guessIn(call.body);
        const { user, typed } = await namedPerson(stores, pool, naming);
        const given = givenPasskey(call.body.new_web_authn);
        try {
          await redeem.redeem({ pool, type, user, typed, code }, (spent, { tenantId, poolId, id, status }) => {
            if (status !== 'active') throw wrongCode();
            const at = { tenantId, poolId, id, isAboveAdministrators: true, check: sinceSessionsEnd(spent) };
            return Promise.resolve((inside) => passkeys.addIn(inside, at, given));
          });
        } catch (error) {
          throw refusals.some((refusal) => isPlatformError(error, refusal)) ? wrongCode() : error;
        }
        return undefined;
      },
    }),
  ];
}
