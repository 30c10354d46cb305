/** The composition root's part that is codes: made, sent, verified, and what they open. */
import { createAccountService, type AccountService } from './codes/account.service.ts';
import type { AccountRoutesDeps } from './codes/account.routes.ts';
import { createCodeCheck } from './codes/code-check.service.ts';
import { createLetters } from './codes/code-letter.ts';
import { createRedeem, type Redeem } from './codes/code-redeem.service.ts';
import { createCodeSender } from './codes/code-sender.service.ts';
import { createCodeSecrets } from './codes/code.ts';
import { createRegistrationService } from './codes/registration.service.ts';
import type { Stores } from './compose-stores.ts';
import type { Platform } from './compose.ts';
import { systemClock as clock } from './kernel/clock.ts';
import type { Dispatch } from './messages/dispatch.ts';
import { createSchemaCheck } from './schemas/schema-check.ts';
import { pickLocale } from './themes/locale.ts';
import type { Renderer } from './themes/renderer.ts';

export interface CodeParts {
  readonly renderer: Pick<Renderer, 'mail' | 'locales'>;
  readonly dispatch: Dispatch;
  readonly originOf: (tenant: string) => string;
}

export interface Codes {
  readonly routes: AccountRoutesDeps & {
    readonly accounts: AccountService<Stores>;
    readonly redeem: Redeem<Stores>;
  };
}

export function composeCodes(
  { stores, unitOfWork, deriveKey, passwords: { service } }: Platform,
  { renderer, dispatch, originOf }: CodeParts,
): Codes {
  const { codes, throttle, passwords } = stores;
  const secrets = createCodeSecrets(deriveKey('codes'));
  const sender = createCodeSender({
    unitOfWork,
    throttle,
    secrets,
    letters: createLetters(renderer),
    dispatch,
    originOf,
    clock,
  });
  const checker = createCodeCheck({ codes, throttle, secrets, clock });
  const redeem = createRedeem({ checker, unitOfWork });
  return {
    routes: {
      stores,
      sender,
      checker,
      redeem,
      accounts: createAccountService({ redeem, passwords: service, clock }),
      registration: createRegistrationService({
        unitOfWork,
        schemaCheck: createSchemaCheck(),
        key: deriveKey('registrations'),
        clock,
      }),
      hasPassword: async ({ user }) =>
        user !== undefined && (await passwords.findByUser(user.tenantId, user.poolId, user.id))?.hash !== undefined,
      pickLocale: (uiLocales) => pickLocale({ uiLocales }, renderer.locales),
    },
  };
}
