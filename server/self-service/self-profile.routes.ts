/** The Identity API's self-service calls about a person's account, and about how they prove who they are. */
import { z } from 'zod';
import type { AccountService } from '../codes/account.service.ts';
import { codeText, oneAddress } from '../codes/code-call.ts';
import { addressForm } from '../codes/code-person.ts';
import { nearMs } from '../credentials/passkey/passkey.ts';
import {
  creationSentBody,
  credentialAnswer,
  credentialBody,
  givenPasskey,
  nameBody,
  toCredentialBody,
} from '../credentials/passkey/passkey.body.ts';
import { credentialIn } from '../credentials/passkey/passkey.routes.ts';
import type { PasskeyService } from '../credentials/passkey/passkey.service.ts';
import { changePasswordBody } from '../credentials/password/password.body.ts';
import type { PasswordService } from '../credentials/password/password.service.ts';
import { endpoint, type Call, type Endpoint, type PersonAccess } from '../http/endpoint.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import type { PersonAt } from '../users/person-change.ts';
import type { UserDetails } from '../users/user-details.ts';
import { manageSelfScope, viewSelfScope } from '../workspaces/self-service-scopes.ts';
import { demandStanding, type CallingPerson } from './calling-person.ts';
import {
  selfUserAnswer,
  selfUserAnswerV2,
  selfUserBody,
  toSelfBody,
  toSelfBodyV2,
  type SelfProfile,
} from './self-profile.body.ts';
import type { SelfProfileService } from './self-profile.service.ts';

export interface SelfProfileRoutesDeps {
  readonly profiles: SelfProfileService;
  readonly passwords: Pick<PasswordService, 'change' | 'set'>;
  readonly passkeys: Pick<PasskeyService, 'begin' | 'complete' | 'add' | 'rename' | 'remove'>;
  readonly accounts: Pick<AccountService, 'verifyAddress'>;
}

type OwnCall = Pick<Call, 'tenantId' | 'person' | 'ifMatch'>;

const selfPath = (path: string): string => `/:tid/:aid/identity/self/${path}`;
const selfPathV2 = (path: string): string => `/:tid/:aid/identity/v2/self/${path}`;
const tag = 'Users';
/** The older calls are published without a scope: but a person who lets an application know their name has not let it do this. */
const mayView: PersonAccess = { kind: 'person', scopes: [viewSelfScope] };
const mayManage: PersonAccess = { kind: 'person', scopes: [manageSelfScope] };
/** What would keep somebody in who found the person's device, or their token. */
const mayManageRecently: PersonAccess = { ...mayManage, maxAgeSeconds: nearMs / 1000 };

const bothBodies = { v1: toSelfBody, v2: toSelfBodyV2 } as const;
type Version = keyof typeof bothBodies;

export function selfProfileEndpoints(deps: SelfProfileRoutesDeps): readonly Endpoint[] {
  const { profiles, passwords, passkeys } = deps;

  /** The caller, and no one else; a change of them sees what they had read. */
  const own = async (call: OwnCall, demand?: (stored: UserDetails) => void): Promise<PersonAt> => {
    const person = personOf(call);
    const profile = await profiles.read(call.tenantId, person);
    return {
      tenantId: call.tenantId,
      poolId: person.poolId,
      id: person.userId,
      isAboveAdministrators: true,
      check(stored) {
        demandStanding(stored.user, person);
        call.ifMatch(toSelfBodyV2({ ...profile, details: stored }));
        demand?.(stored);
      },
    };
  };
  /** Read before, and compared before: what changes then looks for itself whether something came between. */
  const matched = async (call: OwnCall, version: Version): Promise<SelfProfile> => {
    const profile = await profiles.read(call.tenantId, personOf(call));
    call.ifMatch(bothBodies[version](profile));
    return profile;
  };

  const get = (version: Version, operationId: string, path: string) =>
    endpoint({
      method: 'get',
      path,
      operationId,
      tag,
      summary: 'The account of who calls',
      access: mayView,
      refuses: ['not_found'],
      success: { status: 200, description: 'what they are shown of it', body: answers[version] },
      handle: async (call) => bothBodies[version](await profiles.read(call.tenantId, personOf(call))),
    });
  const update = (version: Version, operationId: string, path: string) =>
    endpoint({
      method: 'put',
      path,
      operationId,
      tag,
      summary: 'Change what is known of who calls: what the schema of their payload declares, and nothing else',
      access: mayManage,
      body: selfUserBody,
      refuses: ['not_found', 'conflict'],
      success: { status: 200, description: 'the account, changed', body: answers[version] },
      async handle(call) {
        const toBody = bothBodies[version];
        const check = (stored: SelfProfile): void => {
          call.ifMatch(toBody(stored));
        };
        return toBody(await profiles.update(call.tenantId, personOf(call), call.body.payload, check));
      },
    });
  const changePassword = (version: Version, operationId: string, path: string) =>
    endpoint({
      method: 'post',
      path,
      operationId,
      tag,
      summary: 'Change the password of who calls and knows the old one; wrong ones are counted as at a login',
      access: mayManage,
      body: changePasswordBody,
      refuses: ['not_found', 'conflict'],
      success: { status: 204, description: 'it is changed' },
      async handle(call) {
        const { pool, details } = await matched(call, version);
        const owner = { tenantId: call.tenantId, poolId: pool.id, userId: details.user.id };
        const { old_password: old, new_password } = call.body;
        await passwords.change(owner, { old, new: new_password, pointer: '/new_password' });
      },
    });

  return [
    get('v1', 'getUserProfile', selfPath('me')),
    update('v1', 'updateUserProfile', selfPath('me')),
    changePassword('v1', 'changePassword', selfPath('change-password')),
    endpoint({
      method: 'post',
      path: selfPath('address-verification/complete'),
      operationId: 'completeAddressVerification',
      tag: 'OTP',
      summary: 'Verify an address of who calls by the code that was sent to it',
      access: mayManage,
      body: oneAddress.extend({ code: codeText }),
      refuses: ['not_found', 'conflict'],
      success: { status: 204, description: 'it is verified' },
      async handle(call) {
        const { pool, details } = await matched(call, 'v1');
        const { user } = details;
        const code = call.body.code.replaceAll(/[\s-]/g, '');
        await deps.accounts.verifyAddress({ pool, user, typed: user.id, code }, addressForm(call.body.address));
      },
    }),
    get('v2', 'getUserProfileV2', selfPathV2('me')),
    update('v2', 'updateUserProfileV2', selfPathV2('me')),
    changePassword('v2', 'changePasswordV2', selfPathV2('change-password')),
    endpoint({
      method: 'post',
      path: selfPathV2('set-password'),
      operationId: 'setPassword',
      tag,
      summary: 'Set the first password of who calls, soon after a login',
      access: mayManageRecently,
      body: z.object({ new_password: changePasswordBody.shape.new_password }),
      refuses: ['not_found', 'conflict'],
      success: { status: 204, description: 'it is set' },
      async handle(call) {
        const { pool } = await profiles.read(call.tenantId, personOf(call));
        if (!pool.authenticationMechanisms.includes('password'))
          throw new PlatformError('unprocessable_entity', 'People of this pool do not sign in with passwords.');
        const at = await own(call, ({ password }) => {
          if (password?.hash !== undefined)
            throw unprocessable('/new_password', 'You have a password: change it, by the old one.');
        });
        await passwords.set(at, { password: call.body.new_password, pointer: '/new_password' });
      },
    }),
    endpoint({
      method: 'post',
      path: selfPathV2('webauthn/create/begin'),
      operationId: 'beginWebAuthnCredentialsGeneration',
      tag,
      summary: 'Begin to add a passkey, soon after a login: what `navigator.credentials.create` is given',
      access: mayManageRecently,
      refuses: ['not_found', 'unprocessable_entity'],
      success: {
        status: 200,
        description: 'options with a challenge that is good for ten minutes, and once',
        body: z.object({ publicKey: z.record(z.string(), z.json()) }),
      },
      handle: async (call) => ({ publicKey: await passkeys.begin(await own(call)) }),
    }),
    endpoint({
      method: 'post',
      path: selfPathV2('webauthn/create/complete'),
      operationId: 'completeWebAuthnCredentialsGeneration',
      tag,
      summary: 'Add the passkey that `navigator.credentials.create` made, soon after a login',
      access: mayManageRecently,
      body: creationSentBody,
      refuses: ['not_found', 'conflict'],
      success: {
        status: 200,
        description: 'the passkey that was added',
        body: z.object({ credentials: z.array(credentialAnswer) }),
      },
      async handle(call) {
        const { id, rawId, type, response } = call.body;
        const added = await passkeys.complete(await own(call), { id, rawId, type, response });
        return { credentials: [toCredentialBody(added)] };
      },
    }),
    endpoint({
      method: 'post',
      path: selfPathV2('set-webauthn'),
      operationId: 'setWebAuthn',
      tag,
      summary: 'Set the first passkey of who calls, soon after a login: one that their application has verified',
      access: mayManageRecently,
      // Under which handle an authenticator keeps it is learned from the authenticator.
      body: z.object({ new_webauthn: credentialBody.omit({ userHandle: true }) }),
      refuses: ['not_found', 'conflict'],
      success: { status: 204, description: 'it is set' },
      async handle(call) {
        const at = await own(call, ({ passkeys: known }) => {
          if (known.length > 0) throw unprocessable('/new_webauthn', 'You have a passkey: add another one.');
        });
        await passkeys.add(at, givenPasskey(call.body.new_webauthn));
      },
    }),
    endpoint({
      method: 'delete',
      path: selfPathV2('webauthn/:webAuthnCredentialID'),
      operationId: 'deleteWebAuthnKey',
      tag,
      summary: 'Remove a passkey of who calls, soon after a login; not the last way in which they can sign in',
      access: mayManageRecently,
      success: { status: 204, description: 'it is gone' },
      handle: async (call) => passkeys.remove(await own(call), credentialIn(call)),
    }),
    endpoint({
      method: 'put',
      path: selfPathV2('webauthn/:webAuthnCredentialID/name'),
      operationId: 'nameWebAuthnKey',
      tag,
      summary: 'Name a passkey of who calls, soon after a login',
      access: mayManageRecently,
      body: nameBody,
      success: { status: 204, description: 'it is named' },
      handle: async (call) => passkeys.rename(await own(call), credentialIn(call), call.body.name),
    }),
  ];
}

const answers = { v1: selfUserAnswer, v2: selfUserAnswerV2 } as const;

/** The mount lets nobody else come here. */
function personOf({ person }: Pick<Call, 'person'>): CallingPerson {
  if (person === undefined) throw new PlatformError('unauthorized', 'Only a person may do this, for themselves.');
  return person;
}
