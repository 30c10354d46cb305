/** What every start makes sure of, and what only the first one does. Safe when several processes start at once. */
import type { PasswordHasher } from '../credentials/password/password.ts';
import type { Clock } from '../kernel/clock.ts';
import { isPlatformError } from '../kernel/errors.ts';
import { tenantId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { insertTenant, prepareTenant } from '../tenants/new-tenant.service.ts';
import { reservedWorkspaceIds, rootTenantId } from '../tenants/tenant.ts';
import { ensureDemo } from './demo.ts';
import type { DemoOptions, DemoStores } from './demo.ts';
import { ensureFirstStartSecrets, firstStartPath, readFirstStartSecrets } from './first-start-file.ts';
import { ensureRootTenant } from './root-tenant.ts';
import type { RootTenantStores } from './root-tenant.ts';

export type BootstrapStores = DemoStores & RootTenantStores;

export interface BootstrapDeps {
  readonly unitOfWork: UnitOfWork<BootstrapStores>;
  readonly hasher: Pick<PasswordHasher, 'hash'>;
  readonly clock: Clock;
}

export interface BootstrapOptions {
  readonly dataDir: string;
  readonly rootClient: { readonly id: string; readonly secret: string | undefined };
  readonly defaultTenant: string;
  /** Undefined: no demonstration. `issuer` is that of the demonstration's workspace. */
  readonly demo:
    (Pick<DemoOptions, 'workspace' | 'issuer' | 'administers'> & { readonly password: string | undefined }) | undefined;
}

export interface BootstrapReport {
  /** True for the process that made the root client. */
  readonly firstStart: boolean;
  readonly demoSeeded: boolean;
  /** Secrets made now, to be shown once: undefined where the configuration gave them or they were there before. */
  readonly rootClientSecret: string | undefined;
  readonly demoPassword: string | undefined;
  /** The file that keeps the generated ones, where there is one and it speaks of this database. */
  readonly secretsFile: string | undefined;
}

/** The first start makes the tenant that people begin with; later ones leave alone what its owner did with it. */
async function ensureDefaultTenant({ unitOfWork, clock }: BootstrapDeps, id: string): Promise<void> {
  const wanted = await unitOfWork.run(async ({ tenants }) => {
    const root = await tenants.find(tenantId(rootTenantId));
    return root === undefined && (await tenants.find(tenantId(id))) === undefined;
  });
  if (!wanted) return;
  const prepared = await prepareTenant({ id, name: 'Default' }, reservedWorkspaceIds, clock);
  try {
    await unitOfWork.run((stores) => insertTenant(stores, prepared));
  } catch (error) {
    if (!isPlatformError(error, 'conflict')) throw error;
  }
}

/** The root comes last: while it is missing, this is the first start, also after one that died on the way. */
export async function bootstrap(deps: BootstrapDeps, options: BootstrapOptions): Promise<BootstrapReport> {
  const { dataDir, demo, rootClient, defaultTenant } = options;
  await ensureDefaultTenant(deps, defaultTenant);
  const demoSeeded =
    demo !== undefined &&
    (await ensureDemo(deps, {
      tenant: defaultTenant,
      workspace: demo.workspace,
      issuer: demo.issuer,
      administers: demo.administers,
      password: async () => demo.password ?? (await ensureFirstStartSecrets(dataDir)).demoPassword,
    }));
  const root = await ensureRootTenant(deps, {
    clientId: rootClient.id,
    configuredSecret: rootClient.secret,
    generatedSecret: async () => (await ensureFirstStartSecrets(dataDir)).rootClientSecret,
  });
  const kept = await readFirstStartSecrets(dataDir);
  const current = rootClient.secret !== undefined || kept?.rootClientSecret === root.secret;
  return {
    firstStart: root.created,
    demoSeeded,
    rootClientSecret: root.created && rootClient.secret === undefined ? root.secret : undefined,
    demoPassword: demoSeeded && demo.password === undefined ? kept?.demoPassword : undefined,
    secretsFile: kept !== undefined && current ? firstStartPath(dataDir) : undefined,
  };
}
