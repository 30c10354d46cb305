/** A login with all that its decisions need, read inside the transaction that decides. */
import type { Client } from '../clients/client.ts';
import type { ConsentDecision, ConsentRequest } from '../consents/consent-type.ts';
import type { ProvenCredential } from '../credentials/credential-kind.ts';
import { claimsGrantedBy } from '../consents/generic-consent.ts';
import type { ExtensionRegistry } from '../extension-points/registry.ts';
import type { StepPlace } from '../extension-points/steps.ts';
import type { ServerConsent } from '../extensions/server-consent.ts';
import { PlatformError } from '../kernel/errors.ts';
import { newId, type ClientId, type InteractionId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { Scope } from '../workspaces/scope.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { parseAuthorizationRequest, type AuthorizationRequest } from './authorization-request.ts';
import { isDecidedThere } from './custom-consent.ts';
import type { Interaction, ProvenPerson } from './interaction.ts';
import { grantLifetime, ownClaims } from './login-grant.ts';
import { commitGone, type Granted } from './login-commit.ts';
import type { LoginStores } from './login-stores.ts';
import { remainingSteps, type LoginNeeds } from './login-plan.ts';
import type { KnownPerson } from './proof.ts';
import { provenSoFar, scopesAsked, type ProvenSoFar } from './proven-so-far.ts';
import { isScripted } from './script-requirement.ts';
import { stillStands } from './standing.ts';

/** A login that is still open. */
export interface LoginCase {
  readonly kind: 'open';
  readonly interaction: Interaction;
  readonly request: AuthorizationRequest;
  readonly workspace: Workspace;
  readonly client: Client;
  readonly scopes: readonly Scope[];
}

/** A step of core's own that some people meet and others do not. */
export interface OwnStep {
  readonly id: string;
  /**
   * Asked in the transaction that decides. False once it was passed, so that nobody is asked twice in a login.
   * @param known by a session, where the login holds no proof yet
   */
  readonly isWanted: (
    stores: LoginStores,
    login: LoginCase,
    person: ProvenPerson,
    known: KnownPerson | undefined,
  ) => Promise<boolean>;
}

export type FoundLogin =
  LoginCase | { readonly kind: 'ended'; readonly outcome: 'granted' | 'denied'; readonly reason: string };

export interface LoginIds {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly clientId: ClientId;
}

export interface LoginCases {
  load(stores: LoginStores, ids: LoginIds, id: InteractionId): Promise<FoundLogin>;
  /** The same login a moment later: its row is read anew, and all else is what it was. */
  again(stores: LoginStores, login: LoginCase): Promise<FoundLogin>;
  consentRequest(stores: LoginStores, login: LoginCase, person: ProvenPerson): Promise<ConsentRequest>;
  /** The integrator's page on which this request is decided; undefined where that is our own. */
  consentPage(stores: LoginStores, login: LoginCase): Promise<ServerConsent | undefined>;
  /** @param known by a session, where the login holds no proof yet */
  needs(stores: LoginStores, login: LoginCase, person: ProvenPerson, known?: KnownPerson): Promise<LoginNeeds>;
  /** Plugin steps that this person, and nobody before them in this login, has passed. */
  passedSteps(stores: LoginStores, login: LoginCase): Promise<ReadonlySet<string>>;
  /** Steps between a person whom a session knows and the commit of a login that has no proofs yet. */
  leftToAsk(stores: LoginStores, login: LoginCase, known: KnownPerson): Promise<readonly string[]>;
  /** The person with what a script of this login says of them, as the application is told. */
  asSaid(stores: LoginStores, login: LoginCase, person: ProvenPerson): Promise<ProvenPerson>;
  /** What the person was proven with in this login; undefined for a session or a static idp. */
  credentialOf(stores: LoginStores, login: LoginCase): Promise<ProvenCredential | undefined>;
  /**
   * Whether the idp, the user and the credential are still what the proof was made with.
   * @param credential undefined where the proof rests on none: the person alone is asked about
   */
  stillHolds(
    stores: LoginStores,
    login: LoginCase,
    person: ProvenPerson,
    credential: ProvenCredential | undefined,
  ): Promise<boolean>;
  /** @param decision what the person chose just now; undefined where nothing had to be asked */
  grantedBy(
    stores: LoginStores,
    login: LoginCase,
    person: ProvenPerson,
    decision: ConsentDecision | undefined,
  ): Promise<Granted>;
}

export interface LoginCaseDeps {
  readonly extensions: ExtensionRegistry;
  /** In the order in which people meet them, before any plugin's. */
  readonly ownSteps?: readonly OwnStep[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly audienceOf: (workspace: Workspace) => string;
}

export function createLoginCases(deps: LoginCaseDeps): LoginCases {
  const { extensions, ownSteps = [], now } = deps;

  /** Ids of the plugin steps that need not be asked: passed in this login, or by the session it goes on from. */
  function stepsSatisfied(
    place: StepPlace,
    proven: Pick<ProvenSoFar, 'passed' | 'satisfied'> | undefined,
  ): readonly string[] {
    return extensions.stepsFor(place).flatMap(({ value }) => {
      const passed =
        proven?.passed.has(value.id) === true || proven?.satisfied.includes(value.requirement(place)) === true;
      return passed ? [value.id] : [];
    });
  }

  /** What this login's proofs say of this very person. */
  async function provenAs({ proofs }: LoginStores, { interaction }: LoginCase, { subject }: ProvenPerson) {
    const { tenantId, workspaceId, id } = interaction;
    const proven = provenSoFar(await proofs.listOf(tenantId, workspaceId, id));
    return proven?.person.subject === subject ? proven : undefined;
  }

  const cases: LoginCases = {
    async load(stores, { tenantId, workspaceId, clientId }, id) {
      const interaction = await openRow(stores, tenantId, workspaceId, id);
      if ('kind' in interaction) return interaction;
      const [artifact, workspace, client] = [
        await stores.artifacts.find({ tenantId, workspaceId, model: 'Interaction' }, interaction.uid),
        await stores.workspaces.find(tenantId, workspaceId),
        await stores.clients.find(tenantId, workspaceId, clientId),
      ];
      const gone = async (reason: string) => ({
        kind: 'ended' as const,
        ...(await commitGone(stores, interaction, reason, now())),
      });
      if (artifact === undefined || workspace === undefined) return gone('request_gone');
      if (client?.status !== 'active') return gone('client_inactive');
      const request = readRequest(interaction.uid, artifact.payload);
      if (request === undefined) return gone('request_unreadable');
      const scopes = await stores.scopes.list(tenantId, workspaceId);
      return { kind: 'open', interaction, request, workspace, client, scopes };
    },

    async again(stores, login) {
      const { tenantId, workspaceId, id } = login.interaction;
      const interaction = await openRow(stores, tenantId, workspaceId, id);
      return 'kind' in interaction ? interaction : { ...login, interaction };
    },

    async consentRequest(stores, login, person) {
      const { interaction, client, request, workspace } = login;
      const { tenantId, workspaceId, clientId } = interaction;
      return {
        client,
        settings: workspace.settings,
        requestedScopes: scopesAsked(request, await provenAs(stores, login, person)),
        authorizationDetails: [],
        previous: await stores.consents.findActive(tenantId, workspaceId, person.subject, clientId, now()),
        now: now(),
      };
    },

    async consentPage({ serverConsents, proofs }, login) {
      const { tenantId, workspaceId, id } = login.interaction;
      const proven = provenSoFar(await proofs.listOf(tenantId, workspaceId, id));
      return isDecidedThere(extensions, login, proven, now()) ? serverConsents.find(tenantId, workspaceId) : undefined;
    },

    async needs(stores, login, person, known) {
      const asked = await cases.consentRequest(stores, login, person);
      const { prompts, mustConfirm } = login.request;
      const consent =
        mustConfirm || prompts.has('consent') || extensions.consentTypeFor(asked).needsDecision(asked, login.scopes);
      const wanted: string[] = [];
      for (const { id, isWanted } of ownSteps) if (await isWanted(stores, login, person, known)) wanted.push(id);
      return { steps: [...wanted, ...extensions.stepsFor(login).map(({ value }) => value.id)], consent };
    },

    async passedSteps(stores, login) {
      const { tenantId, workspaceId, id } = login.interaction;
      return new Set(stepsSatisfied(login, provenSoFar(await stores.proofs.listOf(tenantId, workspaceId, id))));
    },

    async leftToAsk(stores, login, known) {
      const satisfied = stepsSatisfied(login, { ...known, passed: new Set() });
      return remainingSteps(await cases.needs(stores, login, known.person, known), new Set(satisfied));
    },

    async asSaid(stores, login, person) {
      const { amr = person.amr, acr = person.acr } = (await provenAs(stores, login, person))?.said ?? {};
      return { ...person, amr, acr };
    },

    async credentialOf(stores, login) {
      const { tenantId, workspaceId, id } = login.interaction;
      return provenSoFar(await stores.proofs.listOf(tenantId, workspaceId, id))?.credential;
    },

    async stillHolds(stores, { interaction }, person, credential) {
      if (!(await stillStands(stores, interaction, person))) return false;
      if (credential === undefined) return true;
      const { tenantId, workspaceId } = interaction;
      const idp = await stores.idps.find(tenantId, workspaceId, person.idpId);
      if (idp?.method !== 'identity_pool' || person.userId === undefined) return false;
      return stores.credentials.holds({ tenantId, poolId: idp.poolId }, person.userId, credential);
    },

    async grantedBy(stores, login, person, decision) {
      const { interaction, request, workspace, scopes } = login;
      const asked = await cases.consentRequest(stores, login, person);
      const type = extensions.consentTypeFor(asked);
      const proven = await provenAs(stores, login, person);
      if (proven === undefined) throw new PlatformError('internal', 'this sign-in holds no proof of its person');
      const { said, scopes: decided } = proven;
      // A scope that the person never had to be asked about again is granted as it was before; who refused one is heard,
      // whatever a script gives.
      const before = login.client.trusted ? asked.requestedScopes : (asked.previous?.grantedScopes ?? []);
      const given = decided.granted.filter((scope) => asked.requestedScopes.includes(scope));
      const chosen = decision ?? { chosenScopes: [...new Set([...before, ...given])], details: {} };
      const checked = type.validate(asked, scopes, chosen);
      const satisfied = stepsSatisfied(login, proven);
      return {
        grantId: newId(),
        interaction,
        request,
        person: { ...person, amr: said.amr ?? person.amr, acr: said.acr ?? person.acr },
        saidIdpSubject: said.idpSubject,
        context: proven.context,
        satisfied: [
          ...new Set([
            ...proven.satisfied,
            ...extensions
              .stepsFor(login)
              .flatMap(({ value }) => (satisfied.includes(value.id) ? [value.requirement(login)] : [])),
          ]),
        ],
        unscripted: isScripted(proven.satisfied) ? proven.unscripted : undefined,
        grantedScopes: checked.grantedScopes,
        deniedScopes: [...checked.deniedScopes, ...request.scopes.filter((scope) => decided.denied.includes(scope))],
        audience: deps.audienceOf(workspace),
        decision:
          decision === undefined
            ? undefined
            : { type: type.id, details: checked.details, expiresAt: checked.expiresAt },
        now: now(),
        grantLifetime: grantLifetime(workspace),
        onlyClaims: claimsGrantedBy(decision === undefined ? asked.previous?.details : checked.details),
        contributedClaims: [...extensions.claimsFor(workspace.settings), ...(await ownClaims(stores, login))],
      };
    },
  };
  return cases;
}

/** How it ended where it is open no more. */
async function openRow(
  { interactions }: Pick<LoginStores, 'interactions'>,
  tenant: TenantId,
  workspace: WorkspaceId,
  id: InteractionId,
): Promise<Interaction | Extract<FoundLogin, { kind: 'ended' }>> {
  const interaction = await interactions.find(tenant, workspace, id);
  if (interaction === undefined) return { kind: 'ended', outcome: 'denied', reason: 'gone' };
  if (interaction.state === 'open') return interaction;
  const outcome = interaction.state === 'granted' ? 'granted' : 'denied';
  return { kind: 'ended', outcome, reason: interaction.reason ?? interaction.state };
}

/** What the engine keeps may be of another version than ours: a login that nobody can read ends, and is not tried for ever. */
function readRequest(uid: string, payload: unknown): AuthorizationRequest | undefined {
  try {
    return parseAuthorizationRequest(uid, payload);
  } catch {
    return undefined;
  }
}
