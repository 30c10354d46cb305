/** In which forms people of a pool came with passwords of another system: nobody costs what one of them costs. */
import type { Knex } from 'knex';
import { formOf } from '../server/credentials/password/password-form.ts';

const table = 'password_forms';
const batch = 1000;

interface PasswordRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly user_id: string;
  readonly hash: string;
}

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable(table, (builder) => {
    const word = (column: string, length: number) =>
      builder.string(column, length).collate('utf8mb4_bin').notNullable();
    word('tenant_id', 64);
    word('pool_id', 64);
    word('form', 255);
    builder.primary(['tenant_id', 'pool_id', 'form']);
    builder.foreign(['tenant_id', 'pool_id']).references(['tenant_id', 'id']).inTable('pools').onDelete('CASCADE');
  });
  for await (const rows of passwords(knex)) {
    const found = rows.flatMap(({ tenant_id, pool_id, hash }) => {
      const form = formOf(hash);
      return form === undefined ? [] : [{ tenant_id, pool_id, form }];
    });
    if (found.length > 0) await knex(table).insert(found).onConflict(['tenant_id', 'pool_id', 'form']).ignore();
  }
}

/** All there are, a batch at a time, in the order of their key. */
async function* passwords(knex: Knex): AsyncGenerator<readonly PasswordRow[]> {
  const key = ['tenant_id', 'pool_id', 'user_id'] as const;
  let last: PasswordRow | undefined;
  for (;;) {
    const next = knex<PasswordRow>('password_credentials');
    const rows = await (
      last === undefined
        ? next
        : next.whereRaw('(tenant_id, pool_id, user_id) > (?, ?, ?)', [last.tenant_id, last.pool_id, last.user_id])
    )
      .orderBy([...key])
      .limit(batch);
    yield rows;
    last = rows.at(-1);
    if (rows.length < batch) return;
  }
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists(table);
}
