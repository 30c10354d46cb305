/** What every measurement is given: the sides, the load, and how much of it. */
import type { Load } from './load-client.ts';
import type { Side } from './sides.ts';

/** How many rounds, each of them one run of every side, and how much in a run. */
export interface Size {
  readonly rounds: number;
  readonly requests: number;
  readonly loginsInTurn: number;
  readonly loginsAtOnce: number;
  readonly idleMs: number;
  readonly workspaces: number;
  /** Imported and exported again. */
  readonly people: number;
  /** Likewise. */
  readonly consents: number;
  readonly poolOfFew: number;
  readonly poolOfMany: number;
  /** In a run of a look-up: each is measured in both pools, and there are several. */
  readonly lookUps: number;
  /** Events that one webhook is told of. */
  readonly webhooks: number;
}

export const fullSize: Size = {
  rounds: 7,
  requests: 3000,
  loginsInTurn: 20,
  loginsAtOnce: 64,
  idleMs: 5000,
  workspaces: 10_000,
  people: 100_000,
  consents: 1_000_000,
  poolOfFew: 1000,
  poolOfMany: 1_000_000,
  lookUps: 400,
  webhooks: 500,
};
export const quickSize: Size = {
  rounds: 1,
  requests: 40,
  loginsInTurn: 1,
  loginsAtOnce: 8,
  idleMs: 100,
  workspaces: 20,
  people: 200,
  consents: 200,
  poolOfFew: 20,
  poolOfMany: 400,
  lookUps: 40,
  webhooks: 20,
};

export interface Setting {
  readonly platform: Side;
  readonly bare: Side;
  readonly load: Load;
  readonly size: Size;
}

/**
 * A run of each, in turn, `rounds` times after one that does not count: machines are noisy, and what slows one down slows
 * down the one beside it.
 * @returns the numbers of each, by round
 */
export async function interleaved<Name extends string, Run>(
  rounds: number,
  sides: Readonly<Record<Name, () => Promise<Run>>>,
): Promise<Readonly<Record<Name, readonly Run[]>>> {
  const names = Object.keys(sides) as Name[];
  const runs = Object.fromEntries(names.map((name): [string, Run[]] => [name, []])) as unknown as Record<Name, Run[]>;
  for (let round = -1; round < rounds; round += 1) {
    for (const name of names) {
      const run = await sides[name]();
      if (round >= 0) runs[name].push(run);
    }
  }
  return runs;
}
