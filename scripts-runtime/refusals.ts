/** Scopes that a script refused, told the moment it did: however it ends, and however its process does, they stay refused. */
import { bounds } from './limits.ts';

export interface Refused {
  readonly scopes: readonly string[];
  /** False where it refused more than is kept, or what no scope is called: nobody knows what it would not have let pass. */
  readonly isComplete: boolean;
}

export const nothingRefused: Refused = { scopes: [], isComplete: true };

export interface Refusals {
  add(scope: string): void;
  all(): Refused;
}

/** Of an effect's word. */
const longestScope = 256;

/** Of one run: one on a second child adds to those of the first. */
export function createRefusals(): Refusals {
  const scopes = new Set<string>();
  let isComplete = true;
  return {
    add(scope) {
      if (scopes.has(scope)) return;
      if (scope === '' || scope.length > longestScope || scopes.size >= bounds.effects) isComplete = false;
      else scopes.add(scope);
    },
    all: () => ({ scopes: [...scopes], isComplete }),
  };
}
