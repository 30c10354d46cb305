/** Which login an address is of that the engine has left. */
import assert from 'node:assert/strict';
import { createLoginAddresses } from '../../../server/interactions/login-addresses.ts';
import { interactionAfterlifeMs } from '../../../server/interactions/interaction.ts';
import { workspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { openLoginRows, type LoginRows } from '../../support/login-rows.ts';

onEachDatabase('LoginAddresses', (open) => {
  let house: LoginRows;
  before(async () => {
    house = await openLoginRows(await open());
  });

  it('knows the login, in its own workspace, for as long as its row is kept', async () => {
    const addresses = createLoginAddresses(house.stores.artifacts);
    const login = await house.begin();
    const here = { tenantId: login.tenantId, id: login.workspaceId };
    await addresses.keep(login, 'earlier');
    await addresses.keep(login, 'earlier');
    assert.equal(await addresses.find(here, 'earlier'), login.id);
    assert.equal(await addresses.find(here, login.uid), undefined);
    assert.equal(await addresses.find({ ...here, id: workspaceId('another') }, 'earlier'), undefined);
    house.clock.set(login.expiresAt + interactionAfterlifeMs - 60_000);
    assert.equal(await addresses.find(here, 'earlier'), login.id);
    house.clock.set(login.expiresAt + interactionAfterlifeMs + 60_000);
    assert.equal(await addresses.find(here, 'earlier'), undefined);
  });
});
