/** The rows that a step of a login asks for more than once, read once: its transaction sees them stand still. */
import type { LoginStores } from './login-stores.ts';
import type { Proof } from './proof.ts';

type Read<Args extends readonly unknown[], Row> = (...args: Args) => Promise<Row>;

/**
 * Stores for one transaction. What it writes itself it reads again, or knows.
 * @param stores of the transaction; what is not named here is asked every time
 */
export function readOnce(stores: LoginStores): LoginStores {
  const artifact = remembering(stores.artifacts.find);
  const proofs = remembering(stores.proofs.listOf);
  return {
    ...stores,
    idps: { ...stores.idps, find: remembering(stores.idps.find).read },
    executionPoints: { find: remembering(stores.executionPoints.find).read },
    consents: { ...stores.consents, findActive: remembering(stores.consents.findActive).read },
    artifacts: {
      find: artifact.read,
      upsert: (...args) => {
        artifact.forget();
        return stores.artifacts.upsert(...args);
      },
    },
    proofs: {
      ...stores.proofs,
      listOf: proofs.read,
      async insertOnce(proof) {
        const kept = await stores.proofs.insertOnce(proof);
        // One that was there before stands among them already, or was made by somebody else since.
        if (kept !== proof) proofs.forget();
        else
          proofs.change((all) => [...all, kept].toSorted(byAge), [kept.tenantId, kept.workspaceId, kept.interactionId]);
        return kept;
      },
      async consume(...args) {
        const spent = await stores.proofs.consume(...args);
        proofs.change((all) => all.map((proof) => (proof.id === spent?.id ? spent : proof)));
        return spent;
      },
    },
  };
}

/** As the store lists them. */
const byAge = (one: Proof, other: Proof): number => one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1);

/** Remembers a read by what was asked, until it is told that something was written. */
function remembering<Args extends readonly unknown[], Row>(ask: Read<Args, Row>) {
  const known = new Map<string, Promise<Row>>();
  return {
    read: (...args: Args): Promise<Row> => {
      const asked = JSON.stringify(args);
      const answer = known.get(asked) ?? ask(...args);
      known.set(asked, answer);
      return answer;
    },
    /** @param of what was asked; all that is known where it is left out */
    change(to: (row: Row) => Row, of?: Args): void {
      const only = of && JSON.stringify(of);
      for (const [asked, answer] of known) if (only === undefined || asked === only) known.set(asked, answer.then(to));
    },
    forget: (): void => {
      known.clear();
    },
  };
}
