/** What a million people let an application have. */
import { measureBulk } from './measure-bulk.ts';
import { benchTenant, benchWorkspace } from './place.ts';
import type { Result } from './result.ts';
import type { Setting } from './setting.ts';

function* dumpOf(count: number, client: string): Generator<string> {
  const grant = { server_id: benchWorkspace, client_id: client, scope_name: 'openid' };
  yield '{"scope_grants":[';
  for (let index = 0; index < count; index += 1)
    yield (index === 0 ? '' : ',') + JSON.stringify({ ...grant, subject: `bulk-${String(index).padStart(7, '0')}` });
  yield ']}';
}

export function measureConsents(setting: Setting): Promise<readonly Result[]> {
  const { platform, size } = setting;
  return measureBulk(setting, {
    name: 'consents',
    path: `/api/system/configuration?tid=${benchTenant}&with_data=true`,
    dump: () => dumpOf(size.consents, platform.target.client.id),
    leastBytes: size.consents * 100,
  });
}
