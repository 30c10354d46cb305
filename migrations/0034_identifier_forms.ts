/** Identifiers in the form of their type: an e-mail address has no case, and a name or an id that looks like a phone is none. */
import type { Knex } from 'knex';

const batch = 1000;
const phone = /^\+?[0-9][0-9 ().-]{5,}$/;

interface IdentifierRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly normalized: string;
  readonly type: string;
  readonly value: string;
}

const plainOf = (value: string): string => value.slice(0, 320).normalize('NFKC').trim();

/** Where the pool ignores case the address is in lower case already; what looks like a phone has none. */
function formOf({ type, value, normalized }: IdentifierRow): string {
  if (type === 'email') return normalized.toLowerCase();
  return phone.test(plainOf(value)) && normalized.startsWith('+') ? plainOf(value) : normalized;
}

/** As the release before had them. */
function formerFormOf({ type, value, normalized }: IdentifierRow, isCaseInsensitive: boolean): string {
  const plain = plainOf(value);
  if (phone.test(plain)) return `+${plain.replaceAll(/\D/g, '')}`;
  if (type !== 'email' || isCaseInsensitive) return normalized;
  const at = plain.lastIndexOf('@');
  return plain.slice(0, at) + plain.slice(at).toLowerCase();
}

export async function up(knex: Knex): Promise<void> {
  for await (const { row } of identifiers(knex)) await rename(knex, row, formOf(row));
}

export async function down(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasTable('identifiers'))) return;
  for await (const { row, isCaseInsensitive } of identifiers(knex))
    await rename(knex, row, formerFormOf(row, isCaseInsensitive));
}

/** Where somebody is called so already, it stays: whoever types it as it is still finds its owner. */
async function rename(knex: Knex, { tenant_id, pool_id, normalized }: IdentifierRow, to: string): Promise<void> {
  if (to === normalized || to === '' || to.length > 320) return;
  const place = { tenant_id, pool_id };
  const taken: unknown = await knex('identifiers')
    .where({ ...place, normalized: to })
    .first('user_id');
  if (taken === undefined)
    await knex('identifiers')
      .where({ ...place, normalized })
      .update({ normalized: to });
}

/** Those that may have another form, a batch at a time. One that is met again under its new form stays as it is. */
async function* identifiers(
  knex: Knex,
): AsyncGenerator<{ readonly row: IdentifierRow; readonly isCaseInsensitive: boolean }> {
  const pools = await knex<{ tenant_id: string; id: string; identifier_case_insensitive: number | boolean }>('pools');
  for (const { tenant_id, id, identifier_case_insensitive: flag } of pools) {
    let last = '';
    for (;;) {
      const rows = await knex<IdentifierRow>('identifiers')
        .where({ tenant_id, pool_id: id })
        .where('normalized', '>', last)
        .orderBy('normalized')
        .limit(batch);
      for (const row of rows)
        if (['email', 'uid', 'external'].includes(row.type)) yield { row, isCaseInsensitive: Boolean(flag) };
      last = rows.at(-1)?.normalized ?? '';
      if (rows.length < batch) break;
    }
  }
}
