/** What a migration is, and which table remembers that it was applied. */
import type { Knex } from 'knex';

export interface Migration {
  /** Sorts by its number: `0001_configuration`. Never changes once it has landed. */
  readonly name: string;
  up(knex: Knex): Promise<void>;
  /** Takes back an `up` that was cut off as well as a whole one: it drops only what is there. */
  down(knex: Knex): Promise<void>;
}

export interface MigrationPlan {
  /** Table that remembers what was applied: `knex_migrations`, `knex_migrations_<plugin>`, or `knex_migrations_kind_<mechanism>`. */
  readonly history: string;
  readonly migrations: readonly Migration[];
}

/** History of the platform's own migrations. */
export const coreHistory = 'knex_migrations';
