/** A running platform whose pool takes passwords and passkeys, and whose server can be killed in every transaction of an errand. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoPoolId } from '../../server/bootstrap/demo-person.ts';
import { tenantId } from '../../server/kernel/ids.ts';
import { poolSettingsSchema } from '../../server/pools/pool.ts';
import { openBackOffice, type BackOffice } from '../support/back-office.ts';
import { workPlaces } from '../support/chaos/places.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { sendingStruck, type Strike } from './struck.ts';

export const tenant = tenantId('default');
/** An errand that takes more of them has lost its way. */
const mostTransactions = 12;

export interface PoolHouse {
  readonly platform: TestPlatform;
  readonly office: BackOffice;
  /** Sends a form; where the server dies on the way, sends it again. */
  readonly send: ReturnType<typeof sendingStruck>;
  /**
   * Runs an errand once for each place of each of its transactions.
   * @param errand says whether it came to that place
   * @returns how often it did
   */
  throughout(errand: (strike: Strike) => Promise<boolean>): Promise<number>;
  close(): Promise<void>;
}

export async function openPoolHouse(): Promise<PoolHouse> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-chaos-'));
  const platform = await startTestPlatform({ entry: 'test/support/chaos-start.ts', env: { CHAOS_DIR: folder } });
  const office = await openBackOffice(platform);
  const { pools } = office.platform.stores;
  const pool = await pools.find(tenant, demoPoolId);
  assert.ok(pool);
  const settings = poolSettingsSchema.parse({ ...pool.settings, public_registration_allowed: true });
  await pools.update({ ...pool, authenticationMechanisms: ['password', 'webauthn'], settings });
  return {
    platform,
    office,
    send: sendingStruck(folder, platform),
    async throughout(errand) {
      let strikes = 0;
      for (const place of workPlaces) {
        for (let letBy = 0; letBy < mostTransactions; letBy += 1) {
          await office.forgiveAttempts();
          if (!(await errand({ place, letBy }))) break;
          strikes += 1;
        }
      }
      return strikes;
    },
    async close() {
      await office.close();
      await platform.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
