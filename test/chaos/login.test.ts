/** A login is struck at each place, by the death of each process: the person arrives all the same, and once. */
import assert from 'node:assert/strict';
import { strikeLogin, type Blow } from './blow.ts';
import { onEachEmptyDatabase } from '../support/databases.ts';
import { openHouse, type House, type Rows } from './house.ts';
import { databaseStrikes, strikes } from './strikes.ts';

const nothing: Rows = {
  granted: 0,
  denied: 0,
  consents: 0,
  grants: 0,
  snapshots: 0,
  redeemed: 0,
  succeededEvents: 0,
  deniedEvents: 0,
};

function expectedRows({ strike: { consent, application } }: Blow): Rows {
  if (consent === 'deny') return { ...nothing, denied: 1, deniedEvents: 1 };
  const consents = application === 'trusted' ? 0 : 1;
  return { ...nothing, granted: 1, consents, grants: 1, snapshots: 1, redeemed: 1, succeededEvents: 1 };
}

onEachEmptyDatabase('a login when a process dies', (url, kind) => {
  let house: House;
  const blows: Blow[] = [];

  before(async function () {
    this.timeout(60_000);
    house = await openHouse(url());
  });
  after(async () => {
    print(blows);
    await house.close();
  });

  for (const strike of kind === 'SQLite' ? strikes : databaseStrikes) {
    const { step, victim, place, reload } = strike;
    const by = victim === 'server' ? `, reloaded ${reload === 'again' ? 'as it was' : 'by its address'}` : '';
    it(`arrives, and once (${step}: ${victim} dies at ${place}${by})`, async function () {
      this.timeout(60_000);
      const blow = await strikeLogin(house, strike);
      blows.push(blow);
      assert.equal(blow.outcome, strike.consent === 'deny' ? 'access_denied' : 'tokens');
      assert.deepEqual(blow.rows, expectedRows(blow));
      assert.ok(
        blow.repeated.every((asked) => asked === strike.form) && blow.repeated.length <= 1,
        `entered again: ${blow.repeated.join(', ')}`,
      );
      assert.ok(expectedWorkflows(blow).includes(blow.workflow), blow.workflow);
    });
  }

  it('loses no login', () => {
    assert.ok(blows.length > 0);
    assert.deepEqual(
      blows.filter(({ outcome }) => outcome.startsWith('LOST')).map(({ strike, outcome }) => ({ strike, outcome })),
      [],
    );
  });
});

/** A Temporal that forgot a login after its row was committed is never asked about it again: the row has decided. */
function expectedWorkflows({ strike: { consent, victim } }: Blow): readonly string[] {
  const ended = consent === 'deny' ? 'completed denied' : 'completed granted';
  return victim === "Temporal's data" ? [ended, 'unknown'] : [ended];
}

function print(blows: readonly Blow[]): void {
  const row = (cells: readonly string[]): string =>
    cells.map((cell, index) => cell.padEnd([16, 16, 26, 8, 17, 14, 9, 18][index] ?? 0)).join(' ');
  console.log(row(['step', 'killed', 'at', 'reload', 'request saw', 'outcome', 'repeated', 'workflow', 'ms']));
  for (const { strike, saw, outcome, repeated, workflow, ms } of blows) {
    const { step, victim, place, reload } = strike;
    const reloaded = saw === 'connection broke' ? reload : '';
    console.log(row([step, victim, place, reloaded, saw, outcome, String(repeated.length), workflow, String(ms)]));
  }
  const lost = blows.filter(({ outcome }) => outcome.startsWith('LOST')).length;
  console.log(`logins: ${String(blows.length)}, logins lost: ${String(lost)}`);
}
