/** Tells the workflows of approvals that somebody decided, and starts those that nobody started: from rows, so that no word is lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApprovalClient } from '../../workflows/client.ts';
import type { ClientStore } from '../clients/client.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Outbox } from '../kernel/events.ts';
import type { Log } from '../kernel/log.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { DataKeyStore } from '../tenants/data-key.ts';
import { approvalEvent, approvalWatchMs, type Approval, type ApprovalStore } from './approval.ts';

export interface ApprovalWatchDeps {
  /** Outside of any transaction. */
  readonly approvals: Pick<ApprovalStore, 'listDue' | 'postpone'>;
  readonly unitOfWork: UnitOfWork<{ readonly approvals: Pick<ApprovalStore, 'end'>; readonly outbox: Outbox }>;
  readonly clients: Pick<ClientStore, 'find'>;
  readonly dataKeys: Pick<DataKeyStore, 'ensure'>;
  readonly workflows: Pick<ApprovalClient, 'look'>;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  /** Milliseconds between looks, 1 s by default. */
  readonly intervalMs?: number;
}

export interface ApprovalWatch {
  start(): void;
  /** Looks once. @returns how many were due */
  look(): Promise<number>;
  stop(): Promise<void>;
}

const batchSize = 50;
/** How long one rests that could not be told. Milliseconds. */
const retryMs = 5_000;

export function createApprovalWatch(deps: ApprovalWatchDeps): ApprovalWatch {
  const { approvals, clock, log, intervalMs = 1_000 } = deps;
  const stopped = new AbortController();
  let loop: Promise<void> | undefined;

  const look = async (): Promise<number> => {
    try {
      const due = await approvals.listDue(clock.now(), batchSize);
      for (const approval of due) {
        if (stopped.signal.aborted) break;
        await tell(deps, approval);
      }
      return due.length;
    } catch (error) {
      log.warn({ err: error }, 'Approvals could not be looked at.');
      return 0;
    }
  };
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      if ((await look()) === batchSize) continue;
      await sleep(intervalMs, undefined, { ref: false, signal: stopped.signal }).catch(() => undefined);
    }
  };

  return {
    look,
    start() {
      loop ??= run();
    },
    async stop() {
      stopped.abort();
      await loop;
    },
  };
}

/** Never rejects. */
async function tell(deps: ApprovalWatchDeps, approval: Approval): Promise<void> {
  const { approvals, unitOfWork, clients, dataKeys, workflows, clock, log } = deps;
  const { tenantId, workspaceId, clientId, id, interactionId, quorum, state, expiresAt, dueAt } = approval;
  if (dueAt === undefined) return;
  try {
    const client = await clients.find(tenantId, workspaceId, clientId);
    await dataKeys.ensure(tenantId, id);
    const found = await workflows.look({
      ...{ tenantId, workspaceId, clientId, interactionId, quorum },
      approvalId: id,
      title: client?.metadata.client_name ?? clientId,
      lifetimeMs: Math.max(1, expiresAt - clock.now()),
    });
    // Closed, and its row waits: whoever terminated it told the row nothing. The login looks by itself.
    if (found === 'over' && state === 'open')
      await unitOfWork.run(async (stores) => {
        if (await stores.approvals.end(approval, 'withdrawn', clock.now()))
          await stores.outbox.append(approvalEvent(approval, 'ended', { outcome: 'withdrawn' }));
      });
    await approvals.postpone(approval, dueAt, found === 'over' ? undefined : clock.now() + approvalWatchMs);
  } catch (error) {
    log.warn({ approval: id, code: error instanceof Error ? error.name : 'unknown' }, 'An approval could not be told.');
    await approvals.postpone(approval, dueAt, clock.now() + retryMs).catch(() => undefined);
  }
}
