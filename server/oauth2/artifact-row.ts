/** How an artifact lies in its table: ids hashed, bearer secrets left out, and the columns that rows are destroyed by. */
import { hash } from 'node:crypto';
import { isRecord } from './json.ts';
import type { ArtifactKey, ArtifactPayload } from './artifact.ts';

export interface ArtifactRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly model: string;
  readonly id_hash: string;
  readonly grant_id: string | null;
  readonly client_id: string | null;
  readonly subject_hash: string | null;
  readonly alias_hash: string | null;
  readonly payload: string;
  readonly expires_at: number | null;
}

/** Ids are 126 random bits or more: a plain hash cannot be searched backwards. */
export function hashOf(value: string): string {
  return hash('sha256', value, 'base64url');
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function hashed(value: unknown): string | null {
  const found = text(value);
  return found === null ? null : hashOf(found);
}

/**
 * An interaction keeps the id of the browser's session cookie, and its own at the end of the address it resumes at; a
 * device code keeps its user code. Whoever reads the table must find none of them. `session.uid` goes as well: a session
 * that ended while a login waited would end the login.
 */
function withoutSecrets(model: string, id: string, payload: ArtifactPayload): ArtifactPayload {
  const { jti: _id, ...rest } = payload;
  if (model === 'DeviceCode') return { ...rest, userCode: undefined };
  if (model !== 'Interaction') return rest;
  const { session, returnTo } = rest;
  return {
    ...rest,
    ...(isRecord(session) ? { session: { ...session, cookie: undefined, uid: undefined } } : {}),
    ...(typeof returnTo === 'string' && returnTo.endsWith(id) ? { returnTo: returnTo.slice(0, -id.length) } : {}),
  };
}

/** The payload as it was given, but for what is kept from the table for good. */
export function toPayload(model: string, id: string, stored: ArtifactPayload): ArtifactPayload {
  const { returnTo } = stored;
  return model === 'Interaction' && typeof returnTo === 'string' && returnTo.endsWith('/')
    ? { ...stored, returnTo: `${returnTo}${id}` }
    : stored;
}

/** A login in progress belongs to no grant and to nobody yet: revoking an older grant must not end it. */
function belonging(
  model: string,
  id: string,
  payload: ArtifactPayload,
): Pick<ArtifactRow, 'grant_id' | 'client_id' | 'subject_hash'> {
  if (model === 'Interaction') {
    const params = payload['params'];
    return { grant_id: null, client_id: isRecord(params) ? text(params['client_id']) : null, subject_hash: null };
  }
  return {
    grant_id: model === 'Grant' ? id : text(payload['grantId']),
    client_id: text(payload['clientId']),
    subject_hash: hashed(payload['accountId']),
  };
}

export function toRow(
  key: ArtifactKey,
  id: string,
  payload: ArtifactPayload,
  expiresAt: number | undefined,
): ArtifactRow {
  return {
    tenant_id: key.tenantId,
    workspace_id: key.workspaceId,
    model: key.model,
    id_hash: hashOf(id),
    ...belonging(key.model, id, payload),
    alias_hash: hashed(key.model === 'Session' ? payload['uid'] : payload['userCode']),
    payload: JSON.stringify(withoutSecrets(key.model, id, payload)),
    expires_at: expiresAt ?? null,
  };
}
