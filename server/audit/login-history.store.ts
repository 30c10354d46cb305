/** Somebody's earlier logins, read off the events about them: so many of the last ones, by the index that leads to them. */
import type { Knex } from 'knex';
import { toTime, type TimeColumn } from '../db/columns.ts';
import { eventsLookedAt, failureWindowMs, type LoginHistoryOf, type LoginHistoryStore } from './login-history.ts';

interface Found {
  readonly at: TimeColumn;
  readonly whose: string;
}

export function createLoginHistoryStore(executor: Knex, lookedAt = eventsLookedAt): LoginHistoryStore {
  /** When it happened, among the last events about somebody, which their index has in this order. */
  async function timesOf(
    { tenantId, workspaceId }: LoginHistoryOf,
    {
      member,
      value,
      action,
      since,
    }: { readonly member: string; readonly value: string; readonly action: string; readonly since: number },
  ): Promise<readonly number[]> {
    const last = executor('audit_events')
      .where({ tenant_id: tenantId, [member]: value })
      .where('at', '>', since)
      .orderBy('at', 'desc')
      .limit(lookedAt)
      .select('workspace_id', 'subject', 'action', 'at', { whose: member });
    // Of these, and of no others: a limit outside would go on to look for what is not there.
    const found: readonly Found[] = await executor
      .from(last.as('recent'))
      .where('workspace_id', workspaceId)
      .where({ subject: 'login', action })
      .select('at', 'whose');
    // MySQL ignores trailing blanks when it compares; a person is this text and no other.
    return found.filter(({ whose }) => whose === value).map(({ at }) => toTime(at));
  }

  return {
    async find(person, now) {
      const { subject, userId } = person;
      const logins = await timesOf(person, { member: 'of_subject', value: subject, action: 'succeeded', since: 0 });
      const history = {
        logins: logins.length,
        ...(logins.length === 0 ? {} : { lastLoginAt: Math.max(...logins) }),
      };
      if (userId === undefined) return history;
      const wrong = { member: 'of_user_id', value: userId, action: 'failed', since: now - failureWindowMs };
      return { ...history, failures: (await timesOf(person, wrong)).length };
    },
  };
}
