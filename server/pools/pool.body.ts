/** Identity pools as the published APIs write them. */
import { z } from 'zod';
import { givenList } from '../http/given-list.ts';
import { unserved } from '../http/unserved.ts';
import { workspaceId } from '../kernel/ids.ts';
import type { PoolWords } from './pool.service.ts';
import { poolSettingsSchema, preferredMechanism, type Mechanism, type Pool } from './pool.ts';

const distinct = (list: readonly Mechanism[]): readonly Mechanism[] => [...new Set(list)];

const {
  password_settings: passwordSettings,
  preferred_authentication_mechanism: _,
  ...settings
} = poolSettingsSchema.shape;

/** As published; empty as programs leave it out. What was made elsewhere verifies, and is rehashed at a login. */
const hashingMethod = z
  .enum(['argon2', 'bcrypt', 'pbkdf2', 'sha', ''])
  .optional()
  .describe('accepted, and answered as argon2: passwords are hashed with argon2id whatever is said');

/** What a body may say of a pool, but for how its people prove who they are. Members that decide nothing here are ignored. */
export const poolWords = z.object({
  id: z.string().max(64).optional(),
  name: z.string().trim().min(1).max(255),
  ...settings,
  password_settings: passwordSettings.unwrap().extend({ hashing_method: hashingMethod }).prefault({}),
  identifier_case_insensitive: z.boolean().default(false),
  workspace_id: z.string().max(64).optional(),
  second_factor_authentication_mechanisms: unserved('there is no second factor'),
  second_factor_preferred_authentication_mechanism: unserved('there is no second factor'),
});

/** What is left of a body once it was found to ask for no second factor. */
export function withoutUnserved<
  Body extends {
    readonly second_factor_authentication_mechanisms?: unknown;
    readonly second_factor_preferred_authentication_mechanism?: unknown;
  },
>({
  second_factor_authentication_mechanisms: _mechanisms,
  second_factor_preferred_authentication_mechanism: _preferred,
  ...rest
}: Body) {
  return rest;
}

/** @param served as published. Those that nothing here serves are refused: nobody could sign in by them */
export const poolBodyOf = (served: readonly Mechanism[]) => {
  const mechanism = z.enum(served, `must be among ${served.join(', ')}`);
  return poolWords
    .extend({
      authentication_mechanisms: givenList(mechanism, 10)
        .transform((list = ['password']) => distinct(list))
        .describe('password where it is empty, or left out'),
      preferred_authentication_mechanism: mechanism.optional(),
    })
    .superRefine(({ authentication_mechanisms: allowed, preferred_authentication_mechanism: preferred }, context) => {
      if (preferred === undefined || allowed.includes(preferred)) return;
      context.addIssue({
        code: 'custom',
        path: ['preferred_authentication_mechanism'],
        message: 'must be among authentication_mechanisms',
        input: preferred,
      });
    });
};

export function poolWordsIn(body: z.output<ReturnType<typeof poolBodyOf>>): PoolWords {
  const {
    id: _,
    name,
    authentication_mechanisms,
    identifier_case_insensitive,
    workspace_id: place,
    ...rest
  } = withoutUnserved(body);
  const { hashing_method: __, ...passwords } = rest.password_settings;
  return {
    name,
    workspaceId: place === undefined || place === '' ? undefined : workspaceId(place),
    identifierCaseInsensitive: identifier_case_insensitive,
    authenticationMechanisms: authentication_mechanisms,
    settings: { ...rest, password_settings: passwords },
  };
}

const answeredOf = (mechanism: z.ZodType<Mechanism, Mechanism>) =>
  z.object({
    id: z.string(),
    tenant_id: z.string(),
    name: z.string(),
    ...settings,
    preferred_authentication_mechanism: mechanism,
    password_settings: passwordSettings.unwrap().extend({ hashing_method: z.literal('argon2') }),
    authentication_mechanisms: z.array(mechanism),
    identifier_case_insensitive: z.boolean(),
    workspace_id: z.string().optional(),
    system: z.boolean(),
    deleted: z.literal(false),
  });

export const poolAnswerOf = (served: readonly Mechanism[]) =>
  answeredOf(z.enum(served)).extend({ number_of_users: z.int().min(0) });

/** What an entity tag speaks of: what is said of the pool, without the number of users, which grows by itself. */
export function poolWordsOf(pool: Pool): z.input<ReturnType<typeof answeredOf>> {
  const { password_settings: own, ...rest } = pool.settings;
  return {
    id: pool.id,
    tenant_id: pool.tenantId,
    name: pool.name,
    ...rest,
    preferred_authentication_mechanism: preferredMechanism(pool),
    password_settings: { ...own, hashing_method: 'argon2' },
    authentication_mechanisms: [...pool.authenticationMechanisms],
    identifier_case_insensitive: pool.identifierCaseInsensitive,
    ...(pool.workspaceId === undefined ? {} : { workspace_id: pool.workspaceId }),
    system: pool.isSystem,
    deleted: false,
  };
}

export function toPoolBody(pool: Pool, users: number): z.input<ReturnType<typeof poolAnswerOf>> {
  return { ...poolWordsOf(pool), number_of_users: users };
}
