/** The first factor by password: finds the person, slows guessing, verifies. Known and unknown people cost the same. */
import { createHash } from 'node:crypto';
import type { PasswordCredentialStore, PasswordHasher } from '../credentials/password/password.ts';
import type { Idp } from '../idps/idp.ts';
import { epochSeconds, type Clock } from '../kernel/clock.ts';
import type { Outbox } from '../kernel/events.ts';
import { userId, type TenantId, type UserId } from '../kernel/ids.ts';
import type { PoolStore } from '../pools/pool.ts';
import { normalizeIdentifier, type IdentifierStore } from '../users/identifier.ts';
import { subjectFor } from '../users/subject.ts';
import type { UserStore } from '../users/user.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import type { DeviceCookies } from './device-cookie.ts';
import type { Interaction, ProvenPerson } from './interaction.ts';
import { addressPolicy, personPolicy, type ThrottleStore } from './throttle.ts';

export interface PasswordAttempt {
  readonly workspace: Workspace;
  readonly interaction: Pick<Interaction, 'id' | 'clientId'>;
  readonly idp: Idp;
  readonly identifier: string;
  readonly password: string;
  /** The client's address in the form used for throttling. */
  readonly address: string;
  readonly deviceCookie: string | undefined;
}

export type PasswordOutcome =
  | {
      readonly kind: 'proven';
      readonly person: ProvenPerson;
      readonly credentialVersion: number | undefined;
      readonly context: Readonly<Record<string, unknown>>;
      readonly deviceCookie: string;
    }
  /** Unknown person, wrong password, inactive person: one answer for all, so that nobody learns who has an account. */
  | { readonly kind: 'wrong' }
  /** The password was right and has expired: said only to who knows it. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

export interface PasswordLoginService {
  /** @throws PlatformError `unavailable` when too many hashes wait already */
  attempt(attempt: PasswordAttempt): Promise<PasswordOutcome>;
}

interface Candidate {
  readonly idpSubject: string;
  readonly userId: UserId | undefined;
  readonly hash: string | undefined;
  readonly usable: boolean;
  readonly version: number | undefined;
  readonly expiresAt: number | undefined;
  readonly context: Readonly<Record<string, unknown>>;
  /** What failures are counted under: the person where there is one, else the identifier that was typed. */
  readonly key: string;
}

export interface PasswordLoginDeps {
  readonly pools: Pick<PoolStore, 'find'>;
  readonly identifiers: Pick<IdentifierStore, 'findUser'>;
  readonly users: Pick<UserStore, 'find'>;
  readonly passwords: Pick<PasswordCredentialStore, 'findByUser'>;
  readonly throttle: ThrottleStore;
  readonly hasher: Pick<PasswordHasher, 'verify'>;
  readonly devices: DeviceCookies;
  readonly outbox: Outbox;
  readonly clock: Clock;
}

/** An id no user has: looked up for unknown people, so that they cost as many queries as known ones. */
const nobody = userId('0'.repeat(32));

export function createPasswordLoginService(deps: PasswordLoginDeps): PasswordLoginService {
  return {
    async attempt({ workspace, interaction, idp, identifier, password, address, deviceCookie }) {
      const tenant = workspace.tenantId;
      const candidate =
        idp.method === 'static' ? findStatic(idp, identifier) : await findInPool(deps, tenant, idp.poolId, identifier);
      const device = deps.devices.verify(deviceCookie, candidate.key);
      const byAddress = { key: `address:${address}`, policy: addressPolicy };
      const person = device === undefined ? candidate.key : `${candidate.key}:${device}`;
      const counted = [byAddress, { key: person, policy: personPolicy }];

      const now = deps.clock.now();
      // Counted before it is verified: many guesses sent at once are as slow as one after the other.
      const attempt = await deps.throttle.countAttempt(tenant, counted, now);
      if (attempt.kind === 'blocked') return throttled(attempt.until, now);

      let right: boolean;
      try {
        right = await deps.hasher.verify(candidate.hash, password);
      } catch (error) {
        // Nobody looked at the password: a busy server locks nobody out.
        await deps.throttle.takeBack(tenant, counted, now);
        throw error;
      }
      if (!right || !candidate.usable) {
        await deps.outbox.append({
          tenantId: tenant,
          workspaceId: workspace.id,
          subject: 'login',
          action: 'failed',
          // Never what was typed: people type passwords into the wrong field.
          metadata: {
            client_id: interaction.clientId,
            session_id: interaction.id,
            idp_id: idp.id,
            ...(candidate.userId === undefined ? {} : { user_id: candidate.userId }),
          },
          payload: { login_failed: { factor: 'pwd' } },
        });
        return { kind: 'wrong' };
      }
      await deps.throttle.forgive(tenant, person, [byAddress], now);
      if (candidate.expiresAt !== undefined && candidate.expiresAt <= now) return { kind: 'expired' };
      return {
        kind: 'proven',
        person: {
          subject: subjectFor(workspace.settings.subject_format, idp.id, candidate.idpSubject),
          idpId: idp.id,
          idpSubject: candidate.idpSubject,
          userId: candidate.userId,
          amr: ['pwd'],
          acr: undefined,
          authTime: epochSeconds(deps.clock),
        },
        credentialVersion: candidate.version,
        context: candidate.context,
        deviceCookie: deps.devices.issue(candidate.key),
      };
    },
  };
}

function throttled(until: number, now: number): PasswordOutcome {
  return { kind: 'throttled', retryAfterSeconds: Math.ceil((until - now) / 1000) };
}

function findStatic(idp: Extract<Idp, { method: 'static' }>, identifier: string): Candidate {
  const username = identifier.trim();
  const user = idp.users.find((one) => one.username === username);
  return {
    idpSubject: username,
    userId: undefined,
    hash: user?.passwordHash,
    usable: user !== undefined,
    version: undefined,
    expiresAt: undefined,
    context: user?.attributes ?? {},
    key: `pwd:${idp.id}:${digest(username)}`,
  };
}

async function findInPool(
  deps: PasswordLoginDeps,
  tenant: TenantId,
  poolId: Extract<Idp, { method: 'identity_pool' }>['poolId'],
  identifier: string,
): Promise<Candidate> {
  const pool = await deps.pools.find(tenant, poolId);
  const normalized = normalizeIdentifier(identifier, { caseInsensitive: pool?.identifierCaseInsensitive ?? true });
  const found = await deps.identifiers.findUser(tenant, poolId, normalized);
  const user = await deps.users.find(tenant, poolId, found ?? nobody);
  const credential = await deps.passwords.findByUser(tenant, poolId, found ?? nobody);
  return {
    idpSubject: user?.id ?? nobody,
    userId: user?.id,
    hash: credential?.hash,
    usable: user?.status === 'active' && pool?.authenticationMechanisms.includes('password') === true,
    version: credential?.version,
    expiresAt: credential?.expiresAt,
    context: user?.payload ?? {},
    key: `pwd:${poolId}:${user?.id ?? digest(normalized)}`,
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
