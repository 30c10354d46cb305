/** Removes who registered themselves and never activated, so that what they wanted to be called by is free again. */
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { tellOfPerson, type PersonChangeStores } from '../users/person-change.ts';
import type { UserStore } from '../users/user.ts';
import type { AbandonedRegistrationStore, Registrant } from './abandoned-registration.ts';

export interface AbandonedRegistrationStores extends Pick<PersonChangeStores, 'outbox'> {
  readonly users: Pick<UserStore, 'findHeld' | 'remove'>;
  readonly abandonedRegistrations: Pick<AbandonedRegistrationStore, 'isAbandoned'>;
}

export interface AbandonedRegistrationService {
  /**
   * Each in a transaction of its own, so that nobody waits for many of them.
   * @param before when they registered last. Milliseconds since the epoch, as `now`
   * @returns how many were removed, at most `limit`
   */
  remove(before: number, now: number, limit: number): Promise<number>;
}

export function createAbandonedRegistrationService(deps: {
  readonly registrations: Pick<AbandonedRegistrationStore, 'list'>;
  readonly unitOfWork: UnitOfWork<AbandonedRegistrationStores>;
}): AbandonedRegistrationService {
  const removeOne = (registrant: Registrant, before: number, now: number): Promise<boolean> =>
    deps.unitOfWork.run(async (stores) => {
      const { tenantId, poolId, id } = registrant;
      // Whoever activates holds the person too: what was committed before is seen, and what comes after finds nobody.
      await stores.users.findHeld(tenantId, poolId, id);
      if (!(await stores.abandonedRegistrations.isAbandoned(registrant, before, now))) return false;
      await stores.users.remove(tenantId, poolId, id);
      await tellOfPerson(stores, registrant, 'deleted');
      return true;
    });

  return {
    async remove(before, now, limit) {
      let removed = 0;
      for (const registrant of await deps.registrations.list(before, now, limit))
        if (await removeOne(registrant, before, now)) removed += 1;
      return removed;
    },
  };
}
