/** `/{tid}/{aid}/account/passkeys/…`: adding a passkey, naming one, and removing it, but for the last way in. */
import { answerIn, creationBody } from '../credentials/passkey/passkey.body.ts';
import type { PasskeyService } from '../credentials/passkey/passkey.service.ts';
import { canSpare, passkeyKey, type Passkey } from '../credentials/passkey/passkey.ts';
import { browserNameIn } from '../http/browser-name.ts';
import { isPlatformError } from '../kernel/errors.ts';
import { leave } from '../relying-party/sign-in.ts';
import type { OwnFault } from '../themes/own-account-pages.ts';
import { shownPasskey } from './own-account-view.ts';
import type { OwnPlaces } from './own-place.routes.ts';
import type { OwnChange, OwnPage } from './own-visit.routes.ts';

export interface OwnPasskeyDeps {
  readonly passkeys: Pick<PasskeyService, 'beginOnPage' | 'completeOnPage' | 'rename' | 'remove'>;
  readonly draw: OwnPlaces['draw'];
}

interface Said {
  readonly fault: OwnFault;
  /** Kept from the last try. */
  readonly name?: string;
}

const longestName = 128;
const nameIn = (typed: string): string => typed.replaceAll(/\p{C}/gu, ' ').trim();
const statusOf = (said: Said | undefined): number => (said === undefined ? 200 : 422);
const frameOf = ({ place, req, nonce }: OwnChange, said: Said | undefined) => ({
  tenant: place.tenant,
  action: req.path,
  nonce,
  backHref: place.base,
  fault: said?.fault,
});

export function ownPasskeyNewPage({ passkeys, draw }: OwnPasskeyDeps): OwnPage {
  const show = async (change: OwnChange, said?: Said): Promise<void> => {
    const { at, nonce, res, place } = change;
    try {
      const options = JSON.stringify(await passkeys.beginOnPage(at, nonce));
      const page = { ...frameOf(change, said), options, typed: said?.name ?? '' };
      draw(change, statusOf(said), 'own-passkey-new', page);
    } catch (error) {
      // The pool has none, or they have as many as they may: their first page says so.
      if (!isPlatformError(error, 'unprocessable_entity')) throw error;
      leave(res, place.base);
    }
  };

  return {
    form: () => 'passkey',
    show,
    async take(change, { nonce, name: typed, webauthn }) {
      const name = nameIn(typed);
      if (name.length > longestName) {
        await show(change, { fault: 'name_too_long', name });
        return;
      }
      const response = answerIn(creationBody, webauthn);
      if (response === undefined) {
        await show(change, { fault: webauthn === '' ? 'passkey_missing' : 'passkey_refused', name });
        return;
      }
      try {
        const browser = browserNameIn(change.req.headers);
        await passkeys.completeOnPage(change.at, nonce, response, { name, browser });
      } catch (error) {
        if (isPlatformError(error, 'conflict')) await show(change, { fault: 'passkey_taken', name });
        else if (isPlatformError(error, 'unprocessable_entity')) await show(change, { fault: 'passkey_refused', name });
        else throw error;
        return;
      }
      change.done('passkey_added');
    },
  };
}

/** The one that the address names. @returns undefined where the person has none of that name */
function passkeyAt({ req, profile }: OwnChange): Passkey | undefined {
  const { key } = req.params;
  return profile.details.passkeys.find(({ id }) => passkeyKey(id) === key);
}

/** For one that is there; whoever comes too late is shown what there is. */
const withPasskey =
  <More extends unknown[]>(work: (change: OwnChange, passkey: Passkey, ...more: More) => Promise<void>) =>
  async (change: OwnChange, ...more: More): Promise<void> => {
    const passkey = passkeyAt(change);
    if (passkey === undefined) leave(change.res, change.place.base);
    else await work(change, passkey, ...more);
  };

export function ownPasskeyPage({ passkeys, draw }: OwnPasskeyDeps): OwnPage {
  const show = (change: OwnChange, passkey: Passkey, said?: Said): Promise<void> => {
    draw(change, statusOf(said), 'own-passkey', {
      ...frameOf(change, said),
      passkey: shownPasskey(passkey),
      typed: said?.name ?? passkey.name,
      removeHref: `${change.req.path}/remove`,
    });
    return Promise.resolve();
  };

  return {
    form: (req) => `passkey ${String(req.params['key'])}`,
    show: withPasskey(show),
    take: withPasskey(async (change, passkey, { name: typed }) => {
      const name = nameIn(typed);
      if (name === '' || name.length > longestName) {
        await show(change, passkey, { fault: name === '' ? 'name_missing' : 'name_too_long', name });
        return;
      }
      await passkeys.rename(change.at, passkey.id, name);
      change.done('passkey_renamed');
    }),
  };
}

export function ownPasskeyRemovePage({ passkeys, draw }: OwnPasskeyDeps): OwnPage {
  const show = (change: OwnChange, passkey: Passkey, said?: Said): Promise<void> => {
    const { details, pool, ways } = change.profile;
    const left = details.passkeys.filter(({ id }) => id !== passkey.id);
    draw(change, statusOf(said), 'own-passkey-remove', {
      ...frameOf(change, said),
      passkey: shownPasskey(passkey),
      canBeRemoved: canSpare(ways, left.length, pool.authenticationMechanisms),
    });
    return Promise.resolve();
  };

  return {
    form: (req) => `remove passkey ${String(req.params['key'])}`,
    show: withPasskey(show),
    take: withPasskey(async (change, passkey) => {
      try {
        await passkeys.remove(change.at, passkey.id);
      } catch (error) {
        if (!isPlatformError(error, 'forbidden')) throw error;
        await show(change, passkey, { fault: 'last_way_in' });
        return;
      }
      change.done('passkey_removed');
    }),
  };
}
