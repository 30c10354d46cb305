/** People by the hundred thousand, with what they are called by and their passwords. */
import { demoPoolId } from '../../server/bootstrap/demo-person.ts';
import { measureBulk } from './measure-bulk.ts';
import { benchTenant } from './place.ts';
import type { Result } from './result.ts';
import type { Setting } from './setting.ts';

/** In the order of an export: all users, then what they are called by, then their passwords. */
function* dumpOf(count: number, hash: string): Generator<string> {
  const ids = function* () {
    for (let index = 0; index < count; index += 1) yield `bulk-${String(index).padStart(7, '0')}`;
  };
  const list = function* (member: string, itemOf: (id: string) => object) {
    yield `"${member}":[`;
    let comma = '';
    for (const id of ids()) {
      yield comma + JSON.stringify(itemOf(id));
      comma = ',';
    }
    yield ']';
  };
  const pool = { tenant_id: benchTenant, user_pool_id: demoPoolId };
  yield '{';
  yield* list('users', (id) => ({ ...pool, id, status: 'active', payload: { name: id } }));
  yield ',';
  yield* list('user_identifiers', (id) => ({ ...pool, user_id: id, type: 'uid', identifier: id }));
  yield ',';
  const password = { type: 'password', payload: { hashed_password: hash } };
  yield* list('user_credentials', (id) => ({ ...pool, ...password, id: `c-${id}`, user_id: id }));
  yield '}';
}

export function measurePeople(setting: Setting): Promise<readonly Result[]> {
  const { platform, size } = setting;
  return measureBulk(setting, {
    name: 'people',
    path: `/api/identity/system/configuration?tid=${benchTenant}`,
    dump: () => dumpOf(size.people, platform.place.passwordHash),
    leastBytes: size.people * 100,
  });
}
