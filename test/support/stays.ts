/** Stays of a login at integrators' pages, on rows: begun by its browser, answered by a page's backend, and brought back. */
import assert from 'node:assert/strict';
import { createHandoffCalls, type HandoffCalls } from '../../server/interactions/handoff-call.service.ts';
import { createHandoffService, provenBy, type HandoffService } from '../../server/interactions/handoff.service.ts';
import { pageKindAt } from '../../server/interactions/handoff-target.ts';
import type { Handoff, HandoffCall } from '../../server/interactions/handoff.ts';
import type { Interaction } from '../../server/interactions/interaction.ts';
import { createLoginStates } from '../../server/interactions/login-state.ts';
import type { LoginRows } from './login-rows.ts';

export interface Stays {
  readonly service: HandoffService;
  readonly calls: HandoffCalls;
  /** What the backend of its page asks by. */
  callOf(stay: Handoff): HandoffCall;
  /** The login's row, which is there. */
  row(login: Interaction): Promise<Interaction>;
  /** What is proven where the login's own browser follows an address that a call was answered with. */
  provenAt(login: Interaction, address: string): Promise<ReturnType<typeof provenBy>>;
}

export const ticketIn = (address: string): string => new URL(address).searchParams.get('ticket') ?? '';

export function staysIn({ stores, unitOfWork, cases, clock, row: find }: LoginRows): Stays {
  const states = createLoginStates(new Uint8Array(32).fill(4));
  const service = createHandoffService({ handoffs: stores.handoffs, states, clock });
  const row = async (login: Interaction): Promise<Interaction> => {
    const found = await find(login);
    assert.ok(found);
    return found;
  };
  return {
    service,
    calls: createHandoffCalls({
      unitOfWork,
      cases,
      states,
      issuerOf: ({ tenantId, id }) => `https://id.example/${tenantId}/${id}`,
      clock,
    }),
    callOf({ tenantId, id, step, clientId }) {
      const kind = pageKindAt(step);
      assert.ok(kind);
      return { tenantId, id, state: states.stateOf(tenantId, id), clientId, kind };
    },
    row,
    async provenAt(login, address) {
      const brought = await service.broughtBy(await row(login), ticketIn(address));
      assert.ok(brought, 'found by its ticket, whatever step it was at');
      const workspace = await stores.workspaces.find(login.tenantId, login.workspaceId);
      assert.ok(workspace);
      return provenBy(brought, workspace);
    },
  };
}
