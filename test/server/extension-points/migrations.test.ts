import assert from 'node:assert/strict';
import {
  checkMigrations,
  pendingMigrations,
  tablePrefix,
  type PluginMigration,
} from '../../../server/extension-points/migrations.ts';

const migration = (name: string, tables: readonly string[] = []): PluginMigration => ({
  name,
  tables,
  up: () => Promise.resolve(),
  down: () => Promise.resolve(),
});

describe('checkMigrations', () => {
  it('takes a history without a gap whose tables carry the prefix', () => {
    checkMigrations('e-mail', [
      migration('0001_letters', ['e_mail_letters']),
      migration('0002_stamps', ['e_mail_stamps']),
    ]);
    assert.equal(tablePrefix('e-mail'), 'e_mail_');
  });

  const faults: readonly (readonly [string, readonly PluginMigration[], string])[] = [
    ['a gap', [migration('0001_a'), migration('0003_c')], 'plugin "p": migration 0002 is missing before "0003_c"'],
    ['a name that is none', [migration('first')], 'plugin "p": migration "first" is not named like 0001_what_it_does'],
    [
      'a table without the prefix',
      [migration('0001_a', ['users'])],
      'plugin "p": table "users" does not begin with "p_"',
    ],
    [
      "another plugin's prefix",
      [migration('0001_a', ['pp_users'])],
      'plugin "p": table "pp_users" does not begin with "p_"',
    ],
    [
      'a table made twice',
      [migration('0001_a', ['p_a']), migration('0002_b', ['p_a'])],
      'plugin "p": table "p_a" is made twice',
    ],
  ];
  for (const [what, migrations, message] of faults) {
    it(`names the plugin and ${what}`, () => {
      assert.throws(
        () => {
          checkMigrations('p', migrations);
        },
        { message },
      );
    });
  }
});

describe('pendingMigrations', () => {
  const migrations = [migration('0001_a'), migration('0002_b'), migration('0003_c')];

  it('answers what this database has not seen', () => {
    assert.deepEqual(
      pendingMigrations('p', migrations, ['0001_a']).map(({ name }) => name),
      ['0002_b', '0003_c'],
    );
  });

  it('names a migration that ran and that the code no longer has, renamed, removed or reordered', () => {
    const message = 'plugin "p": migration "0002_x" ran in this database and is missing in the code';
    assert.throws(() => pendingMigrations('p', migrations, ['0001_a', '0002_x']), { message });
    assert.throws(() => pendingMigrations('p', migrations.slice(0, 1), ['0001_a', '0002_x']), { message });
  });
});
