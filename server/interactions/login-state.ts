/** The secrets of a stay at an integrator's page: the state it is sent with, and the ticket that brings its person back. */
import { createHash, createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';
import type { HandoffId, TenantId } from '../kernel/ids.ts';

export interface LoginStates {
  /** Published as `login_state`: the same for a stay whenever it is asked for, and nobody's to guess. */
  stateOf(tenant: TenantId, id: HandoffId): string;
  /** In constant time. */
  verify(state: string, tenant: TenantId, id: HandoffId): boolean;
}

/** @param key at least 32 random bytes, the same in every process of the deployment */
export function createLoginStates(key: Uint8Array): LoginStates {
  const secret = createSecretKey(key);
  const tag = (tenant: TenantId, id: HandoffId): Buffer =>
    createHmac('sha256', secret).update(`${tenant}\n${id}`).digest();
  return {
    stateOf: (tenant, id) => tag(tenant, id).toString('base64url'),
    verify(state, tenant, id) {
      const presented = Buffer.from(state.slice(0, 100), 'base64url');
      const expected = tag(tenant, id);
      return presented.length === expected.length && timingSafeEqual(presented, expected);
    },
  };
}

/** 256 random bits. */
export function newTicket(): string {
  return randomBytes(32).toString('base64url');
}

export function ticketHash(ticket: string): string {
  return createHash('sha256').update(ticket).digest('base64url');
}

/** In constant time. */
export function isTicket(ticket: string, hash: string): boolean {
  const [presented, expected] = [Buffer.from(ticketHash(ticket)), Buffer.from(hash)];
  return presented.length === expected.length && timingSafeEqual(presented, expected);
}
