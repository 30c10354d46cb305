import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { definePlugin, type Plugin } from '../../plugins/kit/index.ts';
import { sweepsOf } from '../../server/compose-background.ts';
import { openPlatform, seed, type Platform } from '../../server/compose.ts';
import { loadConfig } from '../../server/config.ts';
import { createGenericConsent } from '../../server/consents/generic-consent.ts';
import { tenantId, workspaceId } from '../../server/kernel/ids.ts';
import { createWorkspaceService } from '../../server/workspaces/workspace.service.ts';
import { systemClock as clock } from '../../server/kernel/clock.ts';
import { loyalty } from '../support/plugins/loyalty/loyalty.ts';
import { silentLog } from '../support/recording-log.ts';

const demo = { tenantId: tenantId('default'), id: workspaceId('demo') };

async function withPlatform(plugins: readonly Plugin[], use: (platform: Platform) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-compose-'));
  try {
    const platform = await openPlatform(loadConfig({ DATA_DIR: dataDir }), silentLog, plugins);
    try {
      await use(platform);
    } finally {
      await platform.close();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

describe('openPlatform', () => {
  it('offers the scopes of enabled plugins wherever scopes are listed, in a transaction too', () =>
    withPlatform([loyalty], async (platform) => {
      await seed(platform);
      const { stores, unitOfWork, extensions } = platform;
      const listed = async () => [
        await stores.scopes.list(demo.tenantId, demo.id),
        await unitOfWork.run(({ scopes }) => scopes.list(demo.tenantId, demo.id)),
      ];
      const offers = async () => (await listed()).map((scopes) => scopes.some(({ name }) => name === 'loyalty'));
      assert.deepEqual(await offers(), [false, false]);
      const workspaces = createWorkspaceService({ unitOfWork, clock, extensions });
      await workspaces.updateSettings({ ...demo, settings: { plugins: { loyalty: true } } });
      assert.deepEqual(await offers(), [true, true]);
    }));

  it('keeps audit events for as long as the setting says, and sweeps the older ones', async () => {
    const left = (platform: Platform) => platform.database('audit_events').where({ subject: 'planted' }).pluck('id');
    const dayMs = 24 * 3_600_000;
    await withPlatform([], async (platform) => {
      const rows = [364, 366].map((days) => ({
        tenant_id: 'system',
        id: `${String(days)}-days-old`,
        subject: 'planted',
        action: 'planted',
        at: clock.now() - days * dayMs,
        metadata: '{}',
        payload: '{}',
      }));
      await platform.database('audit_events').insert(rows);
      for (const { run } of sweepsOf(platform)) await run(clock.now(), 500);
      assert.deepEqual(await left(platform), ['364-days-old']);
      const config = { ...platform.config, auditRetentionMs: 15 * dayMs };
      for (const { run } of sweepsOf({ ...platform, config })) await run(clock.now(), 500);
      assert.deepEqual(await left(platform), []);
    });
  });

  it('observes consents where a type has hooks, and nowhere else', async () => {
    const hooked = definePlugin({
      id: 'hooked',
      title: 'Hooked',
      config: { workspace: z.object({}) },
      setup(ext) {
        ext.consentType({ ...createGenericConsent(), id: 'hooked', onRevoke: () => Promise.resolve() });
      },
    });
    const names = ({ observers }: Platform) => observers.map(({ name }) => name);
    await withPlatform([loyalty], async (platform) => {
      await Promise.resolve();
      assert.deepEqual(names(platform), []);
    });
    await withPlatform([hooked], async (platform) => {
      await Promise.resolve();
      assert.deepEqual(names(platform), ['core/consent-hooks']);
    });
  });
});
