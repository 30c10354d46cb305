/** `/{tid}/{aid}/account`: where people who are signed in look after their account. */
import { Router } from 'express';
import { signedOutState } from '../relying-party/relying-party.ts';
import { ownNotices } from '../themes/own-account-pages.ts';
import { overviewOf } from './own-account-view.ts';
import { ownAddressPage, type OwnAddressDeps } from './own-address.routes.ts';
import { ownPasskeyNewPage, ownPasskeyPage, ownPasskeyRemovePage, type OwnPasskeyDeps } from './own-passkey.routes.ts';
import { ownPasswordPage, type OwnPasswordDeps } from './own-password.routes.ts';
import type { OwnPlaces } from './own-place.routes.ts';
import { createOwnVisits, type OwnPage, type OwnVisitsDeps } from './own-visit.routes.ts';

export interface OwnAccountRoutesDeps extends OwnVisitsDeps {
  readonly places: OwnPlaces;
  readonly passwords: Omit<OwnPasswordDeps, 'draw'>;
  readonly passkeys: OwnPasskeyDeps['passkeys'];
  /** Undefined where no message can be sent. */
  readonly addresses: Omit<OwnAddressDeps, 'draw'> | undefined;
}

/** Mount at the root: the addresses are whole. */
export function createOwnAccountRoutes(deps: OwnAccountRoutesDeps): Router {
  const { places, passwords, passkeys, addresses } = deps;
  const { draw } = places;
  const visits = createOwnVisits(deps);
  const base = '/:tid/:aid/account';

  const overview = visits.guest(async (guest) => {
    const { place, person, req } = guest;
    const profile = person === undefined ? undefined : await deps.read(place.tenantId, person);
    const notice = ownNotices.find((one) => one === req.query['notice']);
    draw(guest, 200, 'own-account', { ...overviewOf(guest, profile, addresses !== undefined), notice });
  });

  const signedOut = places.at((place, req, res) => {
    const { tenant, app } = place;
    const locale = places.localeOf(req);
    const application = { name: app.nameIn(locale), href: app.startUri };
    draw({ res, locale }, 200, 'signed-out', { tenant, application });
    return Promise.resolve();
  });

  const router = Router();
  const mount = (path: string, page: OwnPage): void => {
    router.get(`${base}/${path}`, visits.show(page));
    router.post(`${base}/${path}`, ...visits.take(page));
  };
  router.get(base, (req, res, next) =>
    req.query['state'] === signedOutState ? signedOut(req, res, next) : overview(req, res, next),
  );
  router.get(`${base}/callback`, places.finish);
  router.post(`${base}/sign-out`, places.signOut);
  mount('password', ownPasswordPage({ ...passwords, draw }));
  mount('passkeys/new', ownPasskeyNewPage({ passkeys, draw }));
  mount('passkeys/:key', ownPasskeyPage({ passkeys, draw }));
  mount('passkeys/:key/remove', ownPasskeyRemovePage({ passkeys, draw }));
  if (addresses !== undefined) mount('addresses/:key', ownAddressPage({ ...addresses, draw }));
  return router;
}
