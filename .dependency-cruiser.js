/** The walls of the house: who may import whom (ARCHITECTURE.md). test/architecture proves each by planting its violation. */

const OURS = '^(server|workflows|plugins|scripts-runtime|migrations|templates|cli)/';
const ENTRY = '^server/(main|compose|compose-[a-z-]+|app)\\.ts$';
const NOUN =
  '^server/(access|tenants|workspaces|clients|pools|users|credentials|codes|idps|interactions|consents|sessions|approvals|audit|messages)/[^.]+\\.ts$';
const KIND = '^server/credentials/[^/]+/';
/** Whose published shapes, calls and pages name a password or passkeys: none of them asks which kinds there are. */
const NAMES_A_KIND = [
  '^server/users/user(-details|\\.body|\\.service)\\.ts$',
  '^server/self-service/(passkey|public-reset|own-visit)\\.routes\\.ts$',
  '^server/self-service/own-(account-view|(passkey|password)\\.routes)\\.ts$',
  '^server/self-service/self-profile\\.(body|routes)\\.ts$',
  '^server/codes/account\\.service\\.ts$',
];
/** The step of a login that offers a passkey, and what lends it rows and a page. */
const OFFERS_A_PASSKEY =
  '^server/interactions/(passkey-offer(-move\\.routes)?|login-screens\\.routes|login-stores)\\.ts$';
/** Where people are on a list, each with a password and nothing else; and the first people there are. */
const HASHES = '^server/(idps/idp\\.(service|section)|interactions/factor-login\\.service|bootstrap/[^/]+)\\.ts$';
const SQL = 'node_modules/(knex|better-sqlite3|mysql2)/';
const TRANSPORT = '^server/http/|node_modules/(@types/)?express';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    wall('no-cycles', 'Two files that need each other are one file, or three.', {}, { circular: true }),
    wall(
      'no-orphans',
      'A file nobody imports and that imports nothing is left over.',
      { orphan: true, path: OURS + '.*[.]ts$', pathNot: '[.]d[.]ts$' },
      {},
    ),
    wall(
      'no-dev-dependency',
      'It is not there in production.',
      { path: OURS },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    ),
    wall('no-unresolvable', 'An import has to lead somewhere.', {}, { couldNotResolve: true }),
    wall('nobody-imports-tests', 'Tests know the house, the house knows no tests.', { path: OURS }, { path: '^test/' }),

    wall(
      'kernel-is-the-floor',
      'Words everyone uses depend on nobody, and do no I/O.',
      { path: '^server/kernel/' },
      { pathNot: '^server/kernel/|^(node:)?crypto$' },
    ),
    wall(
      'nouns-are-pure',
      'A noun is its types and rules; who stores or serves it depends on it.',
      { path: NOUN },
      {
        path: `\\.(service|store|routes|activities)\\.ts$|^server/db/|^plugins/|${TRANSPORT}|${SQL}`,
      },
    ),
    wall(
      'services-know-no-transport',
      'A use case works whoever calls it, and whatever keeps its rows.',
      { path: '\\.service\\.ts$' },
      {
        path: `\\.(store|routes)\\.ts$|^server/db/|${TRANSPORT}|${SQL}`,
      },
    ),
    wall(
      'routes-never-touch-sql',
      'Routes parse, call and answer.',
      { path: '\\.routes\\.ts$' },
      { path: `\\.store\\.ts$|^server/db/|${SQL}` },
    ),
    wall(
      'sql-lives-in-stores',
      'Rows and their dialects stay where they are converted.',
      {
        pathNot: [
          '\\.store\\.ts$',
          '^server/db/',
          '^migrations/',
          '^plugins/[^/]+/migrations/',
          // Makes a plugin's tables in a scratch database, to see that it can.
          '^plugins/kit/check-migrations\\.ts$',
          '^test/(support|bench|e2e|chaos)/',
          '^test/(server/db|migrations)/',
          // A store, and a use case or its endpoints on real stores.
          '^test/.*\\.(store|service|activities|relay|routes)\\.test\\.ts$',
          ENTRY,
          'node_modules/',
        ],
      },
      { path: SQL },
    ),

    wall(
      'kinds-are-known-by-their-interface',
      'A kind of credential is added by a line in compose-kinds.ts: nobody else knows which there are.',
      {
        path: OURS,
        pathNot: [KIND, ENTRY, '^migrations/', '^server/management\\.ts$', ...NAMES_A_KIND, OFFERS_A_PASSKEY, HASHES],
      },
      { path: KIND },
    ),
    wall(
      'kinds-do-not-meet',
      'What one does for another is asked of all of them.',
      { path: '^server/credentials/([^/]+)/' },
      { path: KIND, pathNot: '^server/credentials/$1/' },
    ),
    wall(
      'an-offered-passkey-is-a-passkey',
      'The step offers it and nothing else.',
      { path: OFFERS_A_PASSKEY },
      { path: KIND, pathNot: '^server/credentials/passkey/' },
    ),
    wall(
      'lists-of-people-know-hashes',
      'How a password is hashed, and nothing of how people of a pool prove who they are.',
      { path: HASHES },
      { path: KIND, pathNot: '^server/credentials/password/password\\.ts$' },
    ),

    wall(
      'definitions-see-the-contract-only',
      'A workflow must be replayed: it sees nothing that could differ the second time.',
      { path: '^workflows/definitions/' },
      {
        pathNot: '^workflows/(definitions|contract)/|node_modules/@temporalio/(workflow|common)/',
      },
    ),
    wall(
      'definitions-never-reach-node',
      'Not even through a friend.',
      { path: '^workflows/definitions/' },
      {
        path: '^(server|plugins|scripts-runtime|migrations)/|^(node:)?(fs|net|http|https|child_process|crypto|process|os)$|node_modules/(express|knex|isolated-vm)/',
        reachable: true,
      },
    ),
    wall(
      'contract-is-plain',
      'Types between two sides that are deployed apart.',
      { path: '^workflows/contract/' },
      { pathNot: '^workflows/contract/' },
    ),
    wall(
      'activities-call-services',
      'What a workflow asks is a use case, and knows no Temporal.',
      { path: '\\.activities\\.ts$' },
      {
        path: `\\.(store|routes)\\.ts$|^server/db/|^workflows/(?!contract/)|node_modules/@temporalio/|${TRANSPORT}|${SQL}`,
      },
    ),
    wall(
      'workflows-stand-alone',
      'The worker runs the activities it is given.',
      { path: '^workflows/' },
      { path: '^(server|plugins|scripts-runtime|migrations)/' },
    ),
    wall(
      'server-meets-workflows-at-the-door',
      'One door, and the words spoken there.',
      { path: '^(server|plugins|scripts-runtime)/', pathNot: ENTRY },
      {
        path: '^workflows/',
        pathNot: '^workflows/(client\\.ts$|contract/)',
      },
    ),
    wall(
      'entry-wires-no-definition',
      'Definitions live in the bundle: loaded outside of it, they would not be deterministic.',
      { path: ENTRY },
      {
        path: '^workflows/',
        pathNot: '^workflows/((client|worker|dev-server|bundle|codec|operator-codec)\\.ts$|contract/)',
      },
    ),
    wall(
      'the-command-line-is-a-client',
      'It runs on other machines: it knows of us what the published APIs say, and runs scripts as logins do.',
      { path: '^cli/' },
      {
        path: '^(server|workflows|plugins|scripts-runtime|migrations|templates)/',
        pathNot: '^scripts-runtime/index\\.ts$',
      },
    ),
    wall(
      'temporal-stays-in-workflows',
      'Everybody else asks through the door.',
      { path: OURS, pathNot: ['^workflows/', '\\.activities\\.ts$'] },
      { path: 'node_modules/@temporalio/' },
    ),

    wall(
      'core-knows-no-plugin',
      'Deleting a plugin deletes its folder and its line.',
      { path: '^(server|workflows|scripts-runtime|migrations)/', pathNot: ENTRY },
      { path: '^plugins/' },
    ),
    wall(
      'plugins-do-not-meet',
      'What two plugins share becomes core.',
      { path: '^plugins/([^/]+)/' },
      { path: '^plugins/[^/]+/', pathNot: '^plugins/($1|kit)/' },
    ),
    wall(
      'plugins-use-the-kit',
      'The kit is all of ours that a plugin may lean on.',
      { path: '^plugins/(?!kit/)[^/]+/' },
      { path: '^(server|workflows|scripts-runtime|migrations|templates|cli)/' },
    ),
    wall(
      'kit-shows-types-of-core',
      'It shows what a plugin fills, not how core works. Its checks try a plugin on core itself.',
      { path: '^plugins/kit/', pathNot: '^plugins/kit/check-' },
      {
        path: '^(server|workflows|scripts-runtime|migrations)/',
        pathNot: `^server/(extension-points|kernel)/|${NOUN}`,
      },
    ),
    wall(
      'scripts-runtime-stands-alone',
      "Strangers' code runs beside nothing of ours.",
      { path: '^scripts-runtime/' },
      { path: OURS, pathNot: '^scripts-runtime/' },
    ),
    wall(
      'isolates-stay-in-children',
      'In this process an isolate would bring it down.',
      { path: OURS, pathNot: '^scripts-runtime/child/' },
      { path: 'node_modules/isolated-vm/' },
    ),
    wall(
      'children-are-given-nothing',
      'The programs of child and isolate are joined of these files alone.',
      { path: '^scripts-runtime/(child|guest)/' },
      { path: OURS, pathNot: '^scripts-runtime/$1/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    detectJSDocImports: false,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['main', 'types'],
    },
  },
};

function wall(name, comment, from, to) {
  return { name, comment, severity: 'error', from, to };
}
