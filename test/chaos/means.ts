/** What a person has in hand to sign in with: made ready before each strike, since some of it is good once. */
import { demoPoolId } from '../../server/bootstrap/demo-person.ts';
import { createDisguise } from '../../server/credentials/passkey/disguise.ts';
import { creationBody } from '../../server/credentials/passkey/passkey.body.ts';
import { createPasskeyService } from '../../server/credentials/passkey/passkey.service.ts';
import { systemClock as clock } from '../../server/kernel/clock.ts';
import { newId, tenantId } from '../../server/kernel/ids.ts';
import { softAuthenticator } from '../support/authenticator.ts';
import type { BackOffice } from '../support/back-office.ts';
import { passkeyOptionsIn } from '../support/page-passkeys.ts';
import type { TestPlatform } from '../support/platform.ts';
import type { Intentions } from './person.ts';

/** The first is what the demonstration's person has; each of the others belongs to somebody else. */
export type Means = 'password' | 'expired password' | 'passkey';

export type InHand = Omit<Intentions, 'consent'>;

const tenant = tenantId('default');

export function createMeans({ origin, person }: TestPlatform, office: BackOffice) {
  const { stores, unitOfWork, hasher, mailbox } = office.platform;
  const add = async (name: string) => {
    const identifier = `${name}@example.com`;
    const { id } = await office.addPerson({ name, email: identifier, password: newId() });
    return { id, identifier };
  };

  /** That were delivered, the newest first. */
  const codes = async (): Promise<readonly string[]> => {
    const letters = (await mailbox?.list()) ?? [];
    return letters.flatMap(({ to, text }) => (to === person.email ? (/^\d{6,}$/m.exec(text) ?? []) : []));
  };

  let grace: ReturnType<typeof add> | undefined;
  async function withExpiredPassword(): Promise<InHand> {
    grace ??= add('grace');
    const { id, identifier } = await grace;
    const [password, newPassword] = [newId(), newId()];
    await stores.passwords.set(tenant, demoPoolId, id, await hasher.hash(password), Date.now() - 1000);
    return { identifier, password, newPassword };
  }

  /** On an authenticator that counts: what it signed once is not taken a second time. */
  async function makePasskey(): Promise<InHand> {
    const { id, identifier } = await add('alan');
    const authenticator = softAuthenticator(0);
    const disguise = createDisguise(office.platform.deriveKey('passkeys'));
    const passkeys = createPasskeyService({ unitOfWork, originOf: () => origin, disguise, clock });
    const at = { tenantId: tenant, poolId: demoPoolId, id, isAboveAdministrators: true };
    const made = authenticator.create(await passkeys.begin(at), { origin });
    await passkeys.complete(at, creationBody.parse(made));
    const sign: InHand['sign'] = (page) => JSON.stringify(authenticator.get(passkeyOptionsIn(page), { origin }));
    return { identifier, password: '', sign };
  }
  let passkey: Promise<InHand> | undefined;

  /** @param of what the pool allows by now */
  return (of: Means): Promise<InHand> => {
    switch (of) {
      case 'password':
        return Promise.resolve({ identifier: person.email, password: person.password, codes });
      case 'expired password':
        return withExpiredPassword();
      case 'passkey':
        return (passkey ??= makePasskey());
    }
  };
}
