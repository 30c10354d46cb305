/** Codes for programs that send them themselves. Who may have one may be anybody: the scope for it is one of its own. */
import { z } from 'zod';
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import { systemPath } from '../http/identity-endpoints.ts';
import { unprocessable } from '../kernel/errors.ts';
import { poolOf } from '../users/user.routes.ts';
import { addressed, named, namingIn, noSuchUser } from './code-call.ts';
import { addressForm, destinationsOf, namedPerson } from './code-person.ts';
import { byId, registrationScope, type CodeRoutesDeps } from './code.routes.ts';
import { codeTypes, mayUse, type CodeType } from './code.ts';
import { registrationOf } from './registration.ts';

const ofPool = '/pools/:ipID';
const ofUser = '/pools/:ipID/users/:userID';
const codesAnswer = z.object({ code: z.string(), extended_code: z.string() });
const made = { status: 201, description: 'the code: nothing is sent', body: codesAnswer } as const;
const wanted = {
  type: z.enum(codeTypes),
  ...addressed,
  identifier: named.identifier,
  metadata: z.record(z.string(), z.json()).optional(),
};

export function codeGenerateEndpoints({
  stores,
  sender,
}: Pick<CodeRoutesDeps, 'stores' | 'sender'>): readonly Endpoint[] {
  const { pools } = stores;
  const generate = async (
    call: Call,
    naming: Parameters<typeof namedPerson>[2] | undefined,
    given: {
      readonly type: CodeType;
      readonly address?: string | undefined;
      readonly metadata?: Record<string, unknown> | undefined;
    },
  ) => {
    if (naming === undefined) throw unprocessable('', 'must hold a userID or an identifier');
    const pool = await poolOf(pools, call);
    const { user, addresses } = await namedPerson(stores, pool, naming);
    // Nobody signs in, or proves anything, who is disabled.
    if (user?.status !== 'active' && user?.status !== 'new') throw noSuchUser();
    const { type, address, metadata } = given;
    if (!mayUse(type, user))
      throw unprocessable(
        '',
        user.status === 'new' ? 'The user is not activated yet.' : 'The user is activated already.',
      );
    const held = addresses.filter(
      ({ normalized }) => normalized === (address === undefined ? normalized : addressForm(address)),
    );
    if (address !== undefined && held.length === 0) throw unprocessable('/address', 'must be an address of the user');
    const isProof = type === 'activation' || type === 'verify_address';
    if (isProof && held.length !== 1) throw unprocessable('/address', 'must say which address of the user is meant');
    if (type === 'verify_address' && held[0]?.verifiedAt !== undefined)
      throw unprocessable('/address', 'must be an address that is not verified');
    const to = address === undefined && !isProof ? destinationsOf(addresses, undefined, 'verified') : held;
    return sender.generate({
      pool,
      type,
      user,
      to,
      ...(metadata === undefined ? {} : { metadata }),
      ...(type === 'activation' ? { registration: registrationOf({ user, addresses }) } : {}),
    });
  };
  const shown = ({ code, extendedCode }: Awaited<ReturnType<typeof generate>>) => ({
    code,
    extended_code: extendedCode,
  });

  return [
    endpoint({
      method: 'post',
      path: systemPath(`${ofPool}/user/code/generate`),
      operationId: 'generateCodeForUser',
      tag: 'Users',
      summary: 'Make a code for somebody; the one before is void',
      access: registrationScope,
      body: z.object({ ...wanted, userID: named.userID }),
      isAction: true,
      success: made,
      async handle(call) {
        const { type, address, identifier, userID } = call.body;
        const isByAddress = type === 'reset_password' || type === 'challenge';
        const naming = namingIn({ userID, identifier, address: isByAddress ? address : undefined });
        return shown(await generate(call, naming, call.body));
      },
    }),
    endpoint({
      method: 'post',
      path: systemPath(`${ofUser}/code/generate`),
      operationId: 'generateCode',
      tag: 'Users',
      summary: 'Make a code for a person; the one before is void',
      access: registrationScope,
      body: z.object(wanted),
      isAction: true,
      success: made,
      async handle(call) {
        return shown(await generate(call, byId(call), call.body));
      },
    }),
    endpoint({
      method: 'post',
      path: systemPath(`${ofUser}/activation/generate`),
      operationId: 'generateActivationCode',
      tag: 'Users',
      summary: 'Make a code that activates a person; deprecated for code/generate',
      access: registrationScope,
      body: z.object({ ...addressed, identifier: named.identifier }),
      isAction: true,
      success: { status: 201, description: 'the id of the code', body: z.object({ code_id: z.string() }) },
      async handle(call) {
        const address = call.body.identifier ?? call.body.address;
        return { code_id: (await generate(call, byId(call), { type: 'activation', address })).id };
      },
    }),
  ];
}
