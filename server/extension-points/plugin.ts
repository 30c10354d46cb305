/** What a plugin is: its manifest, and the places of core it may fill. Core fills the same places for itself. */
import { z } from 'zod';
import type { ConsentType } from '../consents/consent-type.ts';
import { chosenIdPattern } from '../kernel/ids.ts';
import type { AuthorizationRequestCheck } from './authorization-request.ts';
import { bootError } from './boot-error.ts';
import type { ClaimContribution } from './claims.ts';
import type { PluginDeliveries } from './deliveries.ts';
import type { DiscoveryContribution } from './discovery.ts';
import type { EndpointContribution } from './endpoints.ts';
import type { EventContribution } from './events.ts';
import type { ExportableContribution } from './exportable.ts';
import type { PluginHost } from './host.ts';
import type { PluginMigration } from './migrations.ts';
import type { RouteContribution } from './routes.ts';
import type { ScopeContribution } from './scopes.ts';
import type { LoginStep } from './steps.ts';
import type { SweepContribution } from './sweeps.ts';
import type { TokenResponseTransform } from './token-response.ts';

/** Handed to `setup`, and dead after boot. Each may be called more than once; the order of calls is the order of hooks. */
export interface Extensions {
  scopes(scopes: readonly ScopeContribution[]): void;
  claims(claims: readonly ClaimContribution[]): void;
  consentType(type: ConsentType): void;
  steps(steps: readonly LoginStep[]): void;
  routes(routes: readonly RouteContribution[]): void;
  endpoints(make: EndpointContribution): void;
  /** Opened once, when the process is built. */
  deliveries(open: (host: PluginHost) => PluginDeliveries): void;
  sweeps(sweeps: readonly SweepContribution[]): void;
  exportable(sections: ExportableContribution): void;
  events(events: EventContribution): void;
  discovery(discovery: DiscoveryContribution): void;
  tokenResponse(transform: TokenResponseTransform): void;
  authorizationRequest(check: AuthorizationRequestCheck): void;
}

export interface Plugin {
  /** Lower-case letters, digits and `-`. Key of its settings, prefix of its tables. */
  readonly id: string;
  readonly title: string;
  readonly config: { readonly workspace: z.ZodObject };
  /** Every workspace has it until its settings say otherwise. */
  readonly isOnByDefault: boolean;
  readonly migrations: readonly PluginMigration[];
  /** The folder of its Handlebars files, with a slash at the end. */
  readonly templates: URL | undefined;
  setup(ext: Extensions): void;
}

/** Whose contributions are core's own. */
export const coreOwner = 'core';

const manifestSchema = z.strictObject({
  id: z
    .string()
    .regex(chosenIdPattern)
    .regex(/^[^_]+$/)
    .refine((id) => id !== coreOwner && id !== 'kit', 'is reserved'),
  title: z.string().min(1).max(80),
  config: z.strictObject({ workspace: z.instanceof(z.ZodObject) }),
  isOnByDefault: z.boolean(),
  migrations: z.array(
    z.strictObject({
      name: z.string(),
      tables: z.array(z.string()),
      up: z.instanceof(Function),
      down: z.instanceof(Function),
    }),
  ),
  templates: z
    .instanceof(URL)
    .refine((url) => url.pathname.endsWith('/'), 'must end with a slash')
    .optional(),
  setup: z.instanceof(Function),
});

/**
 * Plugins may be plain JavaScript, so the compiler's word is not enough.
 * @throws PlatformError `internal` naming the plugin and the member
 */
export function checkManifest(plugin: Plugin): void {
  const parsed = manifestSchema.safeParse(plugin);
  if (parsed.success) {
    if (plugin.isOnByDefault && !plugin.config.workspace.safeParse({}).success)
      throw bootError(plugin.id, 'it is on by default, and needs settings that a workspace has to say');
    return;
  }
  const faults = parsed.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(' '));
  throw bootError(plugin.id, `the manifest is not valid: ${faults.join('; ')}`);
}
