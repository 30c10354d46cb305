import assert from 'node:assert/strict';
import {
  checkMigrations,
  migrationPlans,
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

describe('migrationPlans', () => {
  it('keeps one history for each plugin that has tables', () => {
    const own = [migration('0001_a')];
    assert.deepEqual(
      migrationPlans([
        { id: 'e-mail', migrations: own },
        { id: 'terms', migrations: [] },
      ]),
      [{ history: 'knex_migrations_e_mail', migrations: own }],
    );
  });
});
