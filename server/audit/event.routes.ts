/** Audit events, in the Admin and the System API: what happened in a workspace, by its time and by what it was about. */
import { z } from 'zod';
import { endpoint, type Access, type Call, type Endpoint } from '../http/endpoint.ts';
import { PlatformError } from '../kernel/errors.ts';
import { workspaceId, type WorkspaceId } from '../kernel/ids.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import { eventAnswer, toEventBody } from './event.body.ts';
import { searchedMembers, type EventLog, type EventQuery, type SearchedMember } from './event.ts';

export interface EventRoutesDeps {
  readonly events: Pick<EventLog, 'list'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
}

const most = 50;
const id = z.string().min(1).max(255).optional();
/** As published, words behind each other: repeated, or with commas. */
const words = z
  .union([z.string().max(2000), z.array(z.string().max(2000)).max(most)])
  .transform((sent) => [sent].flat().flatMap((part) => part.split(',').filter((word) => word !== '')))
  .pipe(z.array(z.string().max(64)).max(most))
  .optional();
const instant = z.iso.datetime({ offset: true }).optional();
const text = z.string().max(255).optional();
const equals = {
  client_id: text,
  subject: text,
  ip: text,
  session_id: text,
  authorization_correlation_id: text,
  idp_subject: text,
  idp_id: text,
  user_pool_id: text,
  user_id: text,
  idp_method: text,
  organization_id: text,
  affected_user_pool_id: text,
  affected_user_id: text,
  group_id: text,
} satisfies Record<SearchedMember, z.ZodType>;

const query = z.object({
  ...equals,
  event_subject: words.describe('any of these, such as login'),
  event_action: words.describe('any of these, such as failed'),
  timestamp_from: instant.describe('later than this'),
  timestamp_to: instant.describe('earlier than this'),
  before_event_id: id.describe('the page before this one'),
  after_event_id: id.describe('the page after this one'),
  sort: z.literal(['', 'timestamp'], 'lists are sorted by timestamp').optional(),
  order: z.enum(['asc', 'desc', 'acs']).optional().describe('desc, the latest first, unless said'),
  limit: z.coerce.number().int().min(1).max(100).optional().describe('20 by default'),
});

function eventQueryOf(read: z.output<typeof query>): EventQuery {
  const metadata: Partial<Record<SearchedMember, string>> = {};
  for (const member of searchedMembers) {
    const wanted = read[member] ?? '';
    if (wanted !== '') metadata[member] = wanted;
  }
  return {
    metadata,
    subjects: read.event_subject ?? [],
    actions: read.event_action ?? [],
    ...(read.timestamp_from === undefined ? {} : { from: Date.parse(read.timestamp_from) }),
    ...(read.timestamp_to === undefined ? {} : { to: Date.parse(read.timestamp_to) }),
    ...(read.before_event_id === undefined ? {} : { before: read.before_event_id }),
    ...(read.after_event_id === undefined ? {} : { after: read.after_event_id }),
    limit: read.limit ?? 20,
    order: (read.order ?? 'desc') === 'desc' ? 'desc' : 'asc',
  };
}

/** What belongs to the tenant as a whole is told where the tenant is administered. */
const placesOf = (place: WorkspaceId): readonly (WorkspaceId | null)[] => (place === 'admin' ? [place, null] : [place]);

export function eventEndpoints({ events, workspaces }: EventRoutesDeps): readonly Endpoint[] {
  const placeOf = ({ params }: Pick<Call, 'params'>) => workspaceId(params['wid'] ?? '');
  const thereIs = async (call: Pick<Call, 'tenantId' | 'params'>) =>
    (await workspaces.find(call.tenantId, placeOf(call)))?.id;
  const list = (path: string, access: Access) =>
    endpoint({
      method: 'get',
      path,
      operationId: 'listAuditEvents',
      tag: 'auditEvents',
      summary: 'List what happened in a workspace, the latest first',
      access,
      query,
      refuses: ['unprocessable_entity'],
      success: { status: 200, description: 'a page of events', body: z.object({ audit_events: z.array(eventAnswer) }) },
      async handle(call) {
        const place = await thereIs(call);
        if (place === undefined) throw new PlatformError('not_found', 'There is no such workspace.');
        const found = await events.list(call.tenantId, placesOf(place), eventQueryOf(call.query));
        return { audit_events: found.items.map(toEventBody) };
      },
    });

  return [
    list('/api/admin/:tid/servers/:wid/audit-events', {
      kind: 'role',
      in: 'workspace',
      permission: 'read_audit_events',
      of: thereIs,
    }),
    list('/api/system/:tid/servers/:wid/audit-events', {
      kind: 'scope',
      tenant: 'path',
      workspace: 'system',
      scopes: ['view_audit_events'],
    }),
  ];
}
