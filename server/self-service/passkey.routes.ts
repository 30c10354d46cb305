/** `/{tid}/identity/{pool}/…/webauthn/…`: passkeys for pages with scripts of their own, by the published addresses. */
import express, { Router, type Request, type RequestHandler } from 'express';
import { z } from 'zod';
import { creationBody } from '../credentials/passkey/passkey.body.ts';
import type { PasskeyPages } from '../credentials/passkey/passkey-pages.service.ts';
import { fromOwnPage } from '../http/own-page.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import { poolId, tenantId } from '../kernel/ids.ts';
import type { PoolStore } from '../pools/pool.ts';
import { readPageQuery, type AccountQueries } from './account-query.ts';
import { isOfferedTo, pathOf } from './account.ts';

export interface AccountPasskeyRoutesDeps {
  readonly pools: Pick<PoolStore, 'find'>;
  readonly queries: Pick<AccountQueries, 'recall'>;
  readonly passkeyPages: PasskeyPages;
}

/** Whose pages make passkeys. */
const errands = ['register', 'activate', 'passkey'] as const;
type PasskeyErrand = (typeof errands)[number];

/** `fetch` says text of what it is given as text; some say JSON, some nothing. */
const textBody = express.text({ type: () => true, limit: 32 * 1024 });

const identifier = z.string().max(320);
const asking = z.object({ identifier: identifier.default(''), nonce: z.string().min(1).max(512).optional() });
const beginning = z.object({ identifier: identifier.default('') });

/** @throws PlatformError `bad_request` for what is no JSON, `unprocessable_entity` for other JSON than this */
function jsonIn<Schema extends z.ZodType>(schema: Schema, { body }: Request): z.output<Schema> {
  const text: unknown = body;
  let json: unknown;
  try {
    json = typeof text === 'string' && text !== '' ? JSON.parse(text) : {};
  } catch (cause) {
    throw new PlatformError('bad_request', 'The body must be JSON.', { cause });
  }
  const read = schema.safeParse(json);
  if (!read.success) throw unprocessable('', 'The body does not have the members that are needed here.');
  return read.data;
}

const nothingHere = () => new PlatformError('not_found', 'there is nothing at this address');
const placeIn = ({ params }: Request) =>
  ({ tenantId: tenantId(String(params['tid'])), poolId: poolId(String(params['pid'])) }) as const;

export function createAccountPasskeyRoutes({ pools, queries, passkeyPages }: AccountPasskeyRoutesDeps): Router {
  /** Of the page with the same query: one nonce for its form and for these calls. */
  const askedAt = async (req: Request, errand: PasskeyErrand) => {
    const place = placeIn(req);
    const pool = await pools.find(place.tenantId, place.poolId);
    const isOffered = pool?.authenticationMechanisms.includes('webauthn') === true && isOfferedTo(pool, errand);
    if (!isOffered) throw nothingHere();
    const { owner, nonce } = readPageQuery(queries, place, req.query);
    // A passkey from before an address is confirmed would not outlive the confirmation.
    if (nonce === undefined)
      throw unprocessable('', 'The page’s own query is needed: `code` of a link, or `for` of a registration.');
    return { place, nonce, identifier: owner?.identifier };
  };

  const loginOptions: RequestHandler = async (req, res) => {
    const said = jsonIn(asking, req);
    // Our own form posts the answer; without its nonce an answer would be good for nothing.
    if (said.nonce === undefined) throw unprocessable('/nonce', 'must be the `nonce` of the login’s form');
    const options = await passkeyPages.beginLogin(placeIn(req), said.identifier, said.nonce);
    if (options === undefined) throw nothingHere();
    res.set('Cache-Control', 'no-store').json(options);
  };

  const begin =
    (errand: PasskeyErrand): RequestHandler =>
    async (req, res) => {
      const said = jsonIn(beginning, req);
      const { place, nonce, identifier: remembered } = await askedAt(req, errand);
      const name = remembered ?? (said.identifier === '' ? place.tenantId : said.identifier);
      const options = await passkeyPages.beginRegistration(place, name, nonce);
      if (options === undefined) throw nothingHere();
      res.set('Cache-Control', 'no-store').json(options);
    };

  const finish =
    (errand: PasskeyErrand): RequestHandler =>
    async (req, res) => {
      const response = jsonIn(creationBody, req);
      const { place, nonce } = await askedAt(req, errand);
      // Kept by the form alone, which brings it again beside the code.
      if ((await passkeyPages.finishRegistration(place, nonce, response)) === undefined)
        throw unprocessable('', 'The passkey could not be verified: begin again.');
      res.set('Cache-Control', 'no-store').status(204).end();
    };

  const router = Router({ mergeParams: true });
  const base = '/:tid/identity/:pid';
  router.post(`${base}/login/webauthn/options`, fromOwnPage, textBody, loginOptions);
  for (const errand of errands) {
    const path = `${base}/${pathOf[errand]}/webauthn`;
    router.post(`${path}/begin`, fromOwnPage, textBody, begin(errand));
    router.post(`${path}/finish`, fromOwnPage, textBody, finish(errand));
  }
  router.get(`${base}/${pathOf.activate}/webauthn/begin`, begin('activate'));
  return router;
}
