/** Runs of scripts in rows: whose and when in columns, everything that was said in them sealed. */
import type { Knex } from 'knex';
import { durablePoints, parseTape, type ExecutionPoint } from '../../scripts-runtime/index.ts';
import { fromJson, insertUnlessThere, toJson, toTime, type TimeColumn } from '../db/columns.ts';
import { removeExpiredRows } from '../db/expired-rows.ts';
import { keysetPage } from '../db/keyset-page.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import {
  clientId,
  interactionId,
  scriptId,
  scriptRunId,
  scriptVersionId,
  tenantId,
  workspaceId,
} from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import type {
  ScriptAnswerStore,
  ScriptRun,
  ScriptRunInfo,
  ScriptRunOutcome,
  ScriptRunPlace,
  ScriptRunStore,
} from './script-run.ts';
import type { ScriptPlace } from './script.ts';

interface RunRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly id: string;
  readonly interaction_id: string;
  readonly client_id: string;
  readonly script_id: string;
  readonly version: string;
  readonly point: ExecutionPoint;
  readonly subject: string;
  readonly outcome: ScriptRunOutcome | null;
  readonly slices: number;
  readonly sealed_record: string;
  readonly started_at: TimeColumn;
  readonly expires_at: TimeColumn;
}

const listed = [
  ...(['tenant_id', 'workspace_id', 'id', 'interaction_id', 'client_id', 'script_id'] as const),
  ...(['version', 'point', 'outcome', 'slices', 'started_at'] as const),
] as const;
type ListedRow = Pick<RunRow, (typeof listed)[number]>;

const toInfo = (row: ListedRow): ScriptRunInfo => ({
  tenantId: tenantId(row.tenant_id),
  workspaceId: workspaceId(row.workspace_id),
  id: scriptRunId(row.id),
  interactionId: interactionId(row.interaction_id),
  clientId: clientId(row.client_id),
  scriptId: scriptId(row.script_id),
  version: scriptVersionId(row.version),
  point: row.point,
  outcome: row.outcome ?? undefined,
  slices: row.slices,
  startedAt: toTime(row.started_at),
});

/** Of a login. */
const mostInLogin = 100;
/** Rows that are removed at once. */
const mostRemoved = 500;

/** What was written before prints of secrets were kept has none. */
type Told = Pick<ScriptRun, 'input' | 'tape' | 'console' | 'waits' | 'end' | 'cpuMs' | 'wallMs'> &
  Partial<Pick<ScriptRun, 'secrets'>>;

export interface SweepableScriptRunStore extends ScriptRunStore {
  /** Removes up to `limit` runs whose time is over, with their answers. @returns how many */
  removeExpired(now: number, limit: number): Promise<number>;
}

const contextOf = (tenant: string, id: string): string => `script_runs.record:${tenant}:${id}`;

export function createScriptRunStore(executor: Knex, { sealer }: { readonly sealer: Sealer }): SweepableScriptRunStore {
  const rows = () => executor<RunRow>('script_runs');
  const placed = ({ tenantId: tenant, workspaceId: workspace, interactionId: login, ...of }: ScriptRunPlace) => ({
    tenant_id: tenant,
    workspace_id: workspace,
    interaction_id: login,
    script_id: of.scriptId,
    subject: of.subject,
  });

  const ofScript = ({ tenantId: tenant, workspaceId: workspace, id }: ScriptPlace) =>
    rows().where({ tenant_id: tenant, workspace_id: workspace, script_id: id });

  function fromRow(row: RunRow): ScriptRun {
    const told = fromJson<Told>(sealer.open(row.sealed_record, contextOf(row.tenant_id, row.id)));
    const { outcome: _ofItsEnd, ...info } = toInfo(row);
    return {
      ...told,
      ...info,
      tape: parseTape(told.tape),
      secrets: told.secrets ?? [],
      subject: row.subject,
      expiresAt: toTime(row.expires_at),
    };
  }
  const changing = ({ tenantId: tenant, id, slices, ...run }: ScriptRun) => {
    const { input, tape, console, secrets, waits, end, cpuMs, wallMs } = run;
    const told: Told = {
      ...{ input, tape, console, secrets, cpuMs, wallMs },
      ...(waits === undefined ? {} : { waits }),
      ...(end === undefined ? {} : { end }),
    };
    return {
      outcome: end?.outcome ?? null,
      slices,
      sealed_record: sealer.seal(toJson(told), contextOf(tenant, id)),
      expires_at: run.expiresAt,
    };
  };

  return {
    async find(place) {
      const row = await rows().where(placed(place)).first();
      return row === undefined ? undefined : fromRow(row);
    },

    async read(script, id) {
      const row = await ofScript(script).where({ id }).first();
      // MySQL ignores trailing blanks when it compares; an id is this text and no other.
      return row?.id === id && row.script_id === script.id ? fromRow(row) : undefined;
    },

    async list(script, { isEnded, ...query }) {
      const page = keysetPage(query);
      const { cursor } = page.step;
      const start = cursor === undefined ? undefined : await ofScript(script).where({ id: cursor }).first('started_at');
      if (cursor !== undefined && start === undefined) {
        const name = query.before === undefined ? 'after_run_id' : 'before_run_id';
        throw unprocessable(`/${name}`, 'There is no such run any more: begin at the first page.');
      }
      const wanted = ofScript(script);
      if (isEnded === true) void wanted.whereNotNull('outcome');
      page.selectBy(wanted, 'started_at', start && toTime(start.started_at));
      const found: readonly ListedRow[] = await wanted.select(...listed);
      return { items: page.inOrder(found).map(toInfo) };
    },

    async listInLogin(tenant, workspace, interaction) {
      const found: readonly ListedRow[] = await rows()
        .where({ tenant_id: tenant, workspace_id: workspace, interaction_id: interaction })
        .orderBy([
          { column: 'started_at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .limit(mostInLogin)
        .select(...listed);
      return found.toReversed().map(toInfo);
    },

    async listOf(tenant, workspace, interaction) {
      const found = await rows()
        .where({ tenant_id: tenant, workspace_id: workspace, interaction_id: interaction })
        .whereIn('point', [...durablePoints])
        .orderBy(['started_at', 'id']);
      return found.map(fromRow);
    },

    async insertOnce(run) {
      const place = placed(run);
      const { id, clientId: client, version, point, startedAt } = run;
      const told = { id, client_id: client, version, point, started_at: startedAt, ...changing(run) };
      if (await insertUnlessThere(rows().insert({ ...place, ...told }))) return run;
      const kept = await rows().where(place).first();
      if (kept === undefined) throw new PlatformError('internal', 'A run of a script could not be kept.');
      return fromRow(kept);
    },

    async keep(run) {
      const changed = await rows()
        .where({ tenant_id: run.tenantId, id: run.id, slices: run.slices - 1 })
        .whereNull('outcome')
        .update(changing(run));
      return changed > 0;
    },

    async removeBeyond(script, ended, most) {
      // Ids first, as they are swept: neither database deletes with a limit in a way that the other understands.
      const old = await ofScript(script)
        .where(ended)
        .orderBy([
          { column: 'started_at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .offset(most)
        .limit(mostRemoved)
        .select('id');
      if (old.length === 0) return 0;
      const ids = old.map(({ id }) => id);
      return ofScript(script).whereIn('id', ids).delete();
    },

    removeExpired: (now, limit) =>
      removeExpiredRows(executor, { table: 'script_runs', key: ['tenant_id', 'id'], column: 'expires_at' }, now, limit),
  };
}

interface AnswerRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly run_id: string;
  readonly sha256: string;
  readonly sealed_answer: string;
}

const answerContext = (tenant: string, run: string, sha256: string): string =>
  `script_run_answers.answer:${tenant}:${run}:${sha256}`;

/** Answers by what they are: written twice is written once. */
export function createScriptAnswerStore(executor: Knex, { sealer }: { readonly sealer: Sealer }): ScriptAnswerStore {
  const rows = () => executor<AnswerRow>('script_run_answers');
  return {
    async put(tenant, workspace, run, sha256, bytes) {
      const sealed = sealer.seal(Buffer.from(bytes).toString('base64'), answerContext(tenant, run, sha256));
      await rows()
        .insert({ tenant_id: tenant, workspace_id: workspace, run_id: run, sha256, sealed_answer: sealed })
        .onConflict(['tenant_id', 'run_id', 'sha256'])
        .merge({ sha256: executor.ref('script_run_answers.sha256') });
    },

    async find(tenant, run, sha256) {
      const row = await rows().where({ tenant_id: tenant, run_id: run, sha256 }).first('sealed_answer');
      if (row === undefined) return undefined;
      return Buffer.from(sealer.open(row.sealed_answer, answerContext(tenant, run, sha256)), 'base64');
    },
  };
}
