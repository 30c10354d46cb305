/** The `if`s of an approval that are worth a test: pure, and free of Temporal. */
import type { ApprovalOutcome, ApprovalStanding, ApprovalStart } from '../../contract/approval.ts';

const dayMs = 86_400_000;
/** A message more is one that nobody reads. */
export const mostReminders = 8;
/** Who has less time is asked once. */
const worthReminding = 10 * 60_000;

/**
 * How long after a message the next one is due: a day, in the middle of what is shorter than two days, and rarer where the
 * time is so long that there would be too many.
 * @param sent how many there were
 * @returns milliseconds; undefined where there is none to come
 */
export function pauseAfterReminder(sent: number, lifetimeMs: number): number | undefined {
  if (sent >= mostReminders || lifetimeMs < worthReminding) return undefined;
  const pause = Math.ceil(Math.max(lifetimeMs / mostReminders, Math.min(dayMs, lifetimeMs / 2)));
  return sent * pause < lifetimeMs ? pause : undefined;
}

/** What the Temporal UI shows while an approval waits. */
export function waitingDetails(
  { quorum }: ApprovalStart,
  { approvals, able }: Omit<Extract<ApprovalStanding, { kind: 'open' }>, 'kind'>,
  reminders: number,
  since: string,
): string {
  const sent = reminders === 1 ? 'asked once' : `asked ${String(reminders)} times`;
  const said = `**Waiting for approvals**: ${String(approvals)} of ${String(quorum)}, ${sent}, since ${since}`;
  if (able === undefined || approvals + able >= quorum) return said;
  return `${said}\n\n**Too few people may decide**: ${able === 0 ? 'nobody else' : `${String(able)} more`}`;
}

/** What the Temporal UI shows of an approval that has ended. */
export function endedDetails({ outcome }: ApprovalOutcome): string {
  return `**Ended: ${outcome}**`;
}
