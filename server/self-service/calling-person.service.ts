/** Finds the person behind a token: who its login proved, as the picture of that login has it, and who still stands. */
import type { IdpStore } from '../idps/idp.ts';
import { stillStands, type StandingStores } from '../interactions/standing.ts';
import type { Clock } from '../kernel/clock.ts';
import type { AuthenticationSnapshotStore } from '../sessions/session.ts';
import type { FindCallingPerson } from './calling-person.ts';

export interface CallingPersonDeps {
  readonly stores: StandingStores & {
    readonly idps: Pick<IdpStore, 'find'>;
    readonly snapshots: Pick<AuthenticationSnapshotStore, 'find'>;
  };
  readonly clock: Clock;
}

/** Asked anew with each call: who was disabled, or whose sessions were ended, is refused at once. */
export function createFindCallingPerson({ stores, clock }: CallingPersonDeps): FindCallingPerson {
  return async ({ tenantId, workspaceId, clientId, subject, grantId }) => {
    if (subject === undefined || grantId === undefined) return 'nobody';
    const login = await stores.snapshots.find(tenantId, workspaceId, grantId);
    if (login === undefined || login.subject !== subject || login.clientId !== clientId) return 'ended';
    if (!(await stillStands(stores, { tenantId, workspaceId }, login))) return 'ended';
    const idp = await stores.idps.find(tenantId, workspaceId, login.idpId);
    if (idp?.method !== 'identity_pool' || login.userId === undefined) return 'nobody';
    const { userId, authTime } = login;
    return { poolId: idp.poolId, userId, authTime, ageSeconds: clock.now() / 1000 - authTime };
  };
}
