/** One run of a script: what it was given, what it asked, and what came of it. Kept for as long as it may be asked for. */
import type { ConsoleLine, ExecutionPoint, JsonObject, RunOutcome, Tape } from '../../scripts-runtime/index.ts';
import type {
  ApprovalId,
  ClientId,
  InteractionId,
  ScriptId,
  ScriptRunId,
  ScriptVersionId,
  TenantId,
  WorkspaceId,
} from '../kernel/ids.ts';
import type { Page, PageQuery } from '../kernel/pagination.ts';
import type { ScriptPlace } from './script.ts';
import type { SecretPrint } from './secret-print.ts';

/** A login runs a script once for each person that it learns of; a request runs its own as often as it is made. */
export interface ScriptRunPlace {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  /** Of a request that belongs to no login: the id of the run. */
  readonly interactionId: InteractionId;
  readonly scriptId: ScriptId;
  /** Of a run within a request: its id. */
  readonly subject: string;
}

/** What it waits for. */
export type ScriptWait =
  /** Until then; milliseconds since the epoch. */
  | { readonly kind: 'sleep'; readonly until: number }
  | {
      readonly kind: 'redirect';
      /** Which of its host calls it is, from 0. */
      readonly call: number;
      /** Id of a custom application. */
      readonly app: string;
      readonly data: JsonObject;
      /** Milliseconds; the workspace's own where it is left out. */
      readonly timeoutMs?: number;
    }
  | { readonly kind: 'approval'; readonly id: ApprovalId };

/** `continued`: it failed, and said beforehand that logins go on without it. */
export type ScriptRunOutcome = 'passed' | 'denied' | 'failed' | 'continued';

export interface ScriptRunEnd {
  readonly outcome: ScriptRunOutcome;
  /** What the script came to; secrets are struck out. */
  readonly result: Exclude<RunOutcome, { kind: 'suspended' }>;
  /** Of `continued`: scopes that the script had refused by then. */
  readonly refused?: readonly string[];
  readonly at: number;
}

export interface ScriptRun extends ScriptRunPlace {
  readonly id: ScriptRunId;
  readonly clientId: ClientId;
  /** Kept for the whole login. */
  readonly version: ScriptVersionId;
  readonly point: ExecutionPoint;
  /** What the script was given, without secrets. Sealed at rest, as are the next five. */
  readonly input: JsonObject;
  readonly tape: Tape;
  readonly console: readonly ConsoleLine[];
  /** Those that it may read, in any of its slices. Said to nobody. */
  readonly secrets: readonly SecretPrint[];
  readonly waits?: ScriptWait;
  readonly end?: ScriptRunEnd;
  /** Slices that have ended: who writes says how many there were before. */
  readonly slices: number;
  /** In all slices, of the processor. Milliseconds. */
  readonly cpuMs: number;
  /** In all slices, its time asleep left out. Milliseconds. */
  readonly wallMs: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly expiresAt: number;
}

/** A run as it is listed: nothing of it is about the person, and nothing has to be unsealed for it. */
export interface ScriptRunInfo
  extends
    Omit<ScriptRunPlace, 'subject'>,
    Pick<ScriptRun, 'id' | 'clientId' | 'version' | 'point' | 'slices' | 'startedAt'> {
  /** Undefined while it goes on. */
  readonly outcome: ScriptRunOutcome | undefined;
}

export interface ScriptRunQuery extends Pick<PageQuery, 'after' | 'before' | 'limit' | 'order'> {
  /** Those alone that came to an end. */
  readonly isEnded?: true;
}

export interface ScriptRunStore {
  find(place: ScriptRunPlace): Promise<ScriptRun | undefined>;
  /** One of a script, with all that was said in it. */
  read(script: ScriptPlace, id: ScriptRunId): Promise<ScriptRun | undefined>;
  /**
   * Of a script, in the order in which they began.
   * @throws PlatformError `unprocessable_entity` where the run is gone that the page is to begin at
   */
  list(script: ScriptPlace, query: ScriptRunQuery): Promise<Page<ScriptRunInfo>>;
  /** Of a login, whichever scripts ran in it; oldest first. The last hundred: its first page can be asked for as often as somebody likes. */
  listInLogin(tenant: TenantId, workspace: WorkspaceId, interaction: InteractionId): Promise<readonly ScriptRunInfo[]>;
  /** Those by which the login itself goes on, with all that was said in them. */
  listOf(tenant: TenantId, workspace: WorkspaceId, interaction: InteractionId): Promise<readonly ScriptRun[]>;
  /** Inserts, or answers the run of the same place. */
  insertOnce(run: ScriptRun): Promise<ScriptRun>;
  /**
   * Writes what a slice left, guarded by the number of slices before it and by its having no end.
   * @returns false when somebody wrote first: what they wrote holds
   */
  keep(run: ScriptRun): Promise<boolean>;
  /** Removes what is older than the last `most` of a script that ended so at a point; 500 at once. @returns how many */
  removeBeyond(
    script: ScriptPlace,
    ended: { readonly point: ExecutionPoint; readonly outcome: ScriptRunOutcome },
    most: number,
  ): Promise<number>;
}

/** Answers that are too long for a tape. */
export interface ScriptAnswerStore {
  put(tenant: TenantId, workspace: WorkspaceId, run: ScriptRunId, sha256: string, bytes: Uint8Array): Promise<void>;
  find(tenant: TenantId, run: ScriptRunId, sha256: string): Promise<Uint8Array | undefined>;
}

/** What a script keeps from one login to the next. */
export interface ScriptValueStore {
  get(place: ScriptValuePlace, now: number): Promise<string | undefined>;
  /** @throws PlatformError `unprocessable_entity` where the script keeps too many */
  set(place: ScriptValuePlace, value: string, expiresAt: number, now: number): Promise<void>;
  /** Counts up what is there, or 0. @returns what it is afterwards */
  increase(place: ScriptValuePlace, by: number, expiresAt: number, now: number): Promise<number>;
}

export interface ScriptValuePlace {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly scriptId: ScriptId;
  /** 1 to 256 characters. */
  readonly key: string;
}

/** Values of one script. */
export const mostValues = 10_000;
