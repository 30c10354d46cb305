/** Branded identifiers: a TenantId never fits where a ClientId is wanted. */
import { randomBytes } from 'node:crypto';
import { unprocessable } from './errors.ts';

declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

export type TenantId = Id<'tenant'>;
export type WorkspaceId = Id<'workspace'>;
export type ClientId = Id<'client'>;
export type PoolId = Id<'pool'>;
export type UserId = Id<'user'>;
export type IdpId = Id<'idp'>;
export type CustomAppId = Id<'custom app'>;
/** One stay of a person at an integrator's page; published as the id of a login session. */
export type HandoffId = Id<'handoff'>;
export type ScriptId = Id<'script'>;
/** A version of a script: the SHA-256 of its source, in hexadecimal. */
export type ScriptVersionId = Id<'script version'>;
/** One run of a script in a login; people read it as the reference of one that failed. */
export type ScriptRunId = Id<'script run'>;
/** What is asked of several people for one login; also the id of its workflow. */
export type ApprovalId = Id<'approval'>;
/** By which scripts name it. */
export type SecretId = Id<'secret'>;
export type ScopeId = Id<'scope'>;
export type ServiceId = Id<'service'>;
export type ClaimId = Id<'claim'>;
export type SchemaId = Id<'schema'>;
export type GroupId = Id<'group'>;
export type CredentialId = Id<'credential'>;
export type ConsentId = Id<'consent'>;
export type EventId = Id<'event'>;
export type ProofId = Id<'proof'>;
export type CodeId = Id<'code'>;
export type MessageId = Id<'message'>;
/** One login in progress; also the id of its workflow. oidc-provider calls it `cid`. */
export type InteractionId = Id<'interaction'>;

export const tenantId = (value: string): TenantId => value as TenantId;
export const workspaceId = (value: string): WorkspaceId => value as WorkspaceId;
export const clientId = (value: string): ClientId => value as ClientId;
export const poolId = (value: string): PoolId => value as PoolId;
export const userId = (value: string): UserId => value as UserId;
export const idpId = (value: string): IdpId => value as IdpId;
export const customAppId = (value: string): CustomAppId => value as CustomAppId;
export const handoffId = (value: string): HandoffId => value as HandoffId;
export const scriptId = (value: string): ScriptId => value as ScriptId;
export const scriptVersionId = (value: string): ScriptVersionId => value as ScriptVersionId;
export const scriptRunId = (value: string): ScriptRunId => value as ScriptRunId;
export const approvalId = (value: string): ApprovalId => value as ApprovalId;
export const secretId = (value: string): SecretId => value as SecretId;
export const scopeId = (value: string): ScopeId => value as ScopeId;
export const serviceId = (value: string): ServiceId => value as ServiceId;
export const claimId = (value: string): ClaimId => value as ClaimId;
export const schemaId = (value: string): SchemaId => value as SchemaId;
export const groupId = (value: string): GroupId => value as GroupId;
export const credentialId = (value: string): CredentialId => value as CredentialId;
export const consentId = (value: string): ConsentId => value as ConsentId;
export const eventId = (value: string): EventId => value as EventId;
export const codeId = (value: string): CodeId => value as CodeId;
export const messageId = (value: string): MessageId => value as MessageId;
export const proofId = (value: string): ProofId => value as ProofId;
export const interactionId = (value: string): InteractionId => value as InteractionId;

/** A new random identifier: 128 bits as 32 lower-case hex digits. */
export function newId(): string {
  return randomBytes(16).toString('hex');
}

/** Ids that people choose (tenants, workspaces): lower-case letters, digits, `-` and `_`, 1 to 64 long. */
export const chosenIdPattern = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Ids that callers of the management APIs give to clients, idps, scopes and the like: RFC 3986 §2.3, 1 to 64 long. */
export const givenIdPattern = /^[A-Za-z0-9._~-]{1,64}$/;

/** @param pointer where it was given. @throws PlatformError `unprocessable_entity` */
export function checkGivenId(id: string, pointer = '/id'): void {
  if (!givenIdPattern.test(id)) throw unprocessable(pointer, 'The id must be 1 to 64 of A-Z, a-z, 0-9, . _ ~ and -.');
}
