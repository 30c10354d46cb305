/** The form that offers a passkey: made and kept, or left for another time; the login goes on either way. */
import type { Request, Response } from 'express';
import type { PasskeyOffer } from '../credentials/passkey/passkey-offer.service.ts';
import type { Answer } from '../credentials/credential-kind.ts';
import { browserNameIn } from '../http/browser-name.ts';
import type { IdpStore } from '../idps/idp.ts';
import type { LoginScreens } from './login-screens.routes.ts';
import type { Visit } from './login-visit.routes.ts';
import { offeredTo, passkeyOfferStep } from './passkey-offer.ts';
import type { ProofContent, ProofStore } from './proof.ts';

export interface PasskeyOfferMoveDeps {
  readonly idps: Pick<IdpStore, 'find'>;
  readonly proofs: Pick<ProofStore, 'listOf'>;
  readonly passkeyOffer: PasskeyOffer;
  readonly screens: LoginScreens;
  /** Sends a proof, and takes the browser where the answer says. */
  readonly prove: (visit: Visit, req: Request, res: Response, nonce: string, content: ProofContent) => Promise<void>;
}

/** @returns what to do with the form, whose nonce was verified, while the login waits at the offer */
export function createPasskeyOfferMove({ idps, proofs, passkeyOffer, screens, prove }: PasskeyOfferMoveDeps) {
  return async (visit: Visit, req: Request, res: Response, nonce: string, form: Answer): Promise<void> => {
    const to = await offeredTo({ idps, proofs }, visit);
    const outcome =
      to === undefined
        ? { kind: 'not_now' as const }
        : await passkeyOffer.handle(to, nonce, form, browserNameIn(req.headers));
    if (outcome.kind === 'again') {
      await screens.step(visit, req, res, passkeyOfferStep, { passkeyFault: outcome.text });
      return;
    }
    const subject = visit.interaction.person?.subject ?? '';
    // Too late to make one is no reason to keep anybody from where they are going.
    await prove(visit, req, res, nonce, {
      kind: 'step',
      subject,
      stepId: passkeyOfferStep,
      outcome: 'passed',
      data: {},
    });
  };
}
