import assert from 'node:assert/strict';
import { createLoginStates, isTicket, newTicket, ticketHash } from '../../../server/interactions/login-state.ts';
import { handoffId, tenantId } from '../../../server/kernel/ids.ts';

describe('the secrets of a stay', () => {
  const states = createLoginStates(new Uint8Array(32).fill(7));
  const [acme, other] = [tenantId('acme'), tenantId('other')];
  const [one, two] = [handoffId('1'.repeat(32)), handoffId('2'.repeat(32))];

  it('are the same for a stay in every process, and of that stay alone', () => {
    const state = states.stateOf(acme, one);
    assert.equal(createLoginStates(new Uint8Array(32).fill(7)).stateOf(acme, one), state);
    assert.equal(Buffer.from(state, 'base64url').length, 32);
    assert.equal(states.verify(state, acme, one), true);
    for (const [tenant, id] of [
      [other, one],
      [acme, two],
    ] as const)
      assert.equal(states.verify(state, tenant, id), false);
    assert.equal(createLoginStates(new Uint8Array(32).fill(8)).verify(state, acme, one), false);
    for (const wrong of ['', state.slice(1), `${state}${state}`, 'x'.repeat(5000)])
      assert.equal(states.verify(wrong, acme, one), false);
  });

  it('let a ticket be recognized by its hash, and no other', () => {
    const ticket = newTicket();
    assert.equal(Buffer.from(ticket, 'base64url').length, 32);
    assert.ok(isTicket(ticket, ticketHash(ticket)));
    for (const wrong of ['', ticketHash(ticket), newTicket(), `${ticket}x`])
      assert.equal(isTicket(wrong, ticketHash(ticket)), false);
    assert.equal(isTicket('', ''), false);
  });
});
