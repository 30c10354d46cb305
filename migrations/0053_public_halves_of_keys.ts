/** Secret halves of keys that clients were registered with before they were refused: taken out of where they stand in clear. */
import type { Knex } from 'knex';

interface ClientRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly metadata: string;
}

/** The kinds of keys with a public half, and the members of the other one, when this was written (RFC 7518 §6). */
const kinds = ['RSA', 'EC', 'OKP'];
const secrets = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const atOnce = 200;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export async function up(knex: Knex): Promise<void> {
  let last: ClientRow | undefined;
  do {
    const after = last;
    const rows: readonly ClientRow[] = await knex('clients')
      .where('metadata', 'like', '%"jwks"%')
      .modify((wanted) => {
        if (after === undefined) return;
        void wanted.andWhere((beyond) =>
          beyond
            .where('tenant_id', '>', after.tenant_id)
            .orWhere((within) => within.where('tenant_id', after.tenant_id).andWhere('id', '>', after.id)),
        );
      })
      .orderBy(['tenant_id', 'id'])
      .limit(atOnce)
      .select('tenant_id', 'id', 'metadata');
    for (const { tenant_id, id, metadata } of rows) {
      const left = withoutSecrets(metadata);
      if (left !== metadata) await knex('clients').where({ tenant_id, id }).update({ metadata: left });
    }
    last = rows.length < atOnce ? undefined : rows.at(-1);
  } while (last !== undefined);
}

/** @returns the very same text where there is nothing to take out */
function withoutSecrets(text: string): string {
  const metadata: unknown = JSON.parse(text);
  if (!isObject(metadata) || !isObject(metadata['jwks']) || !Array.isArray(metadata['jwks']['keys'])) return text;
  const given: readonly unknown[] = metadata['jwks']['keys'];
  const keys = given
    .filter(isObject)
    .filter(({ kty }) => kinds.some((kind) => kind === kty))
    .map((key) => Object.fromEntries(Object.entries(key).filter(([name]) => !secrets.includes(name))));
  const left = JSON.stringify({ ...metadata, jwks: { keys } });
  return JSON.stringify({ ...metadata, jwks: { keys: given } }) === left ? text : left;
}

/** Nobody is given a secret back. */
export async function down(): Promise<void> {
  await Promise.resolve();
}
