/** What the pages of a login show: row and request in, page data out. No decision is taken here. */
import { authenticateStep, consentStep } from '../../workflows/contract/authentication.ts';
import { clientNameIn, type Client } from '../clients/client.ts';
import type { ConsentDescription } from '../consents/consent-type.ts';
import type { Idp } from '../idps/idp.ts';
import type { HandoffTarget } from './handoff-target.ts';
import type { Handoff } from './handoff.ts';
import type { PageData } from '../themes/pages.ts';
import type { Workspace } from '../workspaces/workspace.ts';

/** Everything a page of one login stands on. */
export interface PageGround {
  readonly workspace: Workspace;
  readonly tenantName: string;
  readonly client: Client;
  /** In which its pages speak. */
  readonly locale: string;
  /** The login's address, e.g. `/default/demo/login/{uid}`; its forms post below it. */
  readonly path: string;
  readonly nonce: string;
}

export type LoginPageData = PageData['login'];

export function loginPage(
  ground: PageGround,
  {
    idp,
    idps,
    ...login
  }: Pick<
    LoginPageData,
    | 'asks'
    | 'mechanism'
    | 'identifier'
    | 'alternatives'
    | 'code'
    | 'asked'
    | 'naming'
    | 'forgotHref'
    | 'registerHref'
    | 'reauthenticate'
    | 'fault'
    | 'notice'
  > & { readonly idp: Idp; readonly idps: readonly Idp[] },
): LoginPageData {
  return {
    ...common(ground),
    ...login,
    action: authenticateAction(ground, idp),
    nonce: ground.nonce,
    cancelAction: `${ground.path}/cancel`,
    otherIdps: linksTo(
      ground,
      idps.filter(({ id }) => id !== idp.id),
    ),
  };
}

export function replacementPage(
  ground: PageGround,
  { idp, ...page }: Pick<PageData['replacement'], 'why' | 'identifier' | 'part'> & { readonly idp: Idp },
): PageData['replacement'] {
  return {
    ...common(ground),
    ...page,
    action: authenticateAction(ground, idp),
    nonce: ground.nonce,
    cancelAction: `${ground.path}/cancel`,
  };
}

const authenticateAction = ({ path }: PageGround, { id }: Idp): string =>
  `${path}/authenticate?idp=${encodeURIComponent(id)}`;

const linksTo = ({ path }: PageGround, idps: readonly Idp[]) =>
  idps.map(({ id, name, logoUri }) => ({ name, logoUri, href: `${path}?idp=${encodeURIComponent(id)}` }));

/** What people are to do at an integrator's page, as its texts are called. */
const stepNames: ReadonlyMap<string, PageData['away']['step']> = new Map([
  [authenticateStep, 'login'],
  [consentStep, 'consent'],
]);

/** Where somebody was sent from this login. */
export interface Away {
  readonly page: HandoffTarget;
  readonly href: string;
  /** Other ways to prove who they are, where that is what the page is for. */
  readonly otherIdps: readonly Idp[];
  readonly stay: Pick<Handoff, 'answered'>;
  /** Milliseconds for which the login waits for them. */
  readonly leftMs: number;
}

export function awayPage(ground: PageGround, { page, href, otherIdps, stay, leftMs }: Away): PageData['away'] {
  const { step, id, name } = page;
  const idp = step === authenticateStep ? `?idp=${encodeURIComponent(id)}` : '';
  return {
    ...common(ground),
    step: stepNames.get(step) ?? 'more',
    name,
    // What was said there is void without its ticket: who lost it begins there anew.
    href: stay.answered === undefined ? href : undefined,
    leftSeconds: Math.ceil(leftMs / 1000),
    action: `${ground.path}/steps/${step}${idp}`,
    otherIdps: linksTo(ground, otherIdps),
    nonce: ground.nonce,
    cancelAction: `${ground.path}/cancel`,
  };
}

/** @param leftSeconds 0 while the script is at work */
export function waitingPage(
  ground: PageGround,
  leftSeconds: number,
  approval?: PageData['waiting']['approval'],
): PageData['waiting'] {
  return {
    ...common(ground),
    nonce: ground.nonce,
    cancelAction: `${ground.path}/cancel`,
    continueHref: ground.path,
    ...(leftSeconds > 0 ? { leftSeconds } : {}),
    ...(approval === undefined ? {} : { approval }),
  };
}

export function chooseIdpPage(ground: PageGround, idps: readonly Idp[]): PageData['choose-idp'] {
  return {
    ...common(ground),
    nonce: ground.nonce,
    cancelAction: `${ground.path}/cancel`,
    idps: linksTo(ground, idps),
  };
}

export function consentPage(
  ground: PageGround,
  consent: {
    readonly description: ConsentDescription;
    readonly personName: string;
    readonly now: number;
    readonly notice: PageData['consent']['notice'];
  },
): PageData['consent'] {
  const { metadata } = ground.client;
  const { items, expiresAt } = consent.description;
  return {
    ...common(ground),
    application: {
      ...application(ground.client, ground.locale),
      uri: metadata.client_uri,
      policyUri: metadata.policy_uri,
      tosUri: metadata.tos_uri,
    },
    action: `${ground.path}/consent`,
    nonce: ground.nonce,
    person: { name: consent.personName },
    notYouAction: `${ground.path}/start-over`,
    groups: groupsOf(items),
    hasChoice: items.some(({ required }) => !required),
    lifetime:
      expiresAt === undefined
        ? { kind: 'until_revoked' }
        : { kind: 'for', seconds: Math.max(1, Math.round((expiresAt - consent.now) / 1000)) },
    notice: consent.notice,
  };
}

/** By service, in the order of the request; what belongs to none comes first. */
function groupsOf(items: ConsentDescription['items']): PageData['consent']['groups'] {
  const isFirst = items.every((item) => !item.grantedBefore || item.required);
  const services = [undefined, ...new Set(items.flatMap(({ service }) => service ?? []))];
  return services.flatMap((service) => {
    const scopes = items
      .filter((item) => item.service === service)
      .map(({ scope, displayName, description, required, grantedBefore }) => ({
        name: scope,
        displayName,
        description,
        required,
        checked: required || grantedBefore || isFirst,
      }));
    return scopes.length === 0 ? [] : [{ ...(service === undefined ? {} : { service }), scopes }];
  });
}

export function application(client: Client, locale: string): { name: string; logoUri: string | undefined } {
  return { name: clientNameIn(client, locale), logoUri: client.metadata.logo_uri };
}

/** Where a person begins again: the application's own start (OIDC Core §4), its demonstration, or its home page. */
export function startAgainHref(client: Client): string | undefined {
  return client.metadata.initiate_login_uri ?? client.metadata.client_uri;
}

/** What every page of a login says. */
export function common(ground: PageGround) {
  return { tenant: { name: ground.tenantName }, application: application(ground.client, ground.locale) };
}
