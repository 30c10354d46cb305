/** A deployment without a server, for tests of what moves between deployments. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeConfiguration } from '../../server/compose-configuration.ts';
import type { KindDefinition } from '../../server/compose-kinds.ts';
import { openPlatform, seed, type Platform } from '../../server/compose.ts';
import { loadConfig } from '../../server/config.ts';
import type { Extent } from '../../server/configuration/spool.ts';
import type { ConfigurationRoutesDeps } from '../../server/configuration/configuration.routes.ts';
import { silentLog } from './recording-log.ts';

export interface Deployment extends ConfigurationRoutesDeps {
  readonly platform: Platform;
  /** `tenant/workspace` of what was said to be another one. */
  readonly changed: readonly string[];
  /** The whole of it, as text. */
  dump(): Promise<string>;
  close(): Promise<void>;
}

export async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

/** In pieces that cut names and values. */
export async function* bytesOf(json: unknown): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json));
  for (let at = 0; at < bytes.length; at += 997) {
    await Promise.resolve();
    yield bytes.subarray(at, at + 997);
  }
}

export interface DeploymentChoices {
  /** Where its keys are; removed when it is closed. One of its own by default. */
  readonly dataDir?: string;
  /** What is imported in one transaction; as the composition root has it by default. */
  readonly whole?: Extent;
  /** Of credentials; those of the house by default. */
  readonly kinds?: readonly KindDefinition[];
  /** Stands between an import and its transactions. */
  readonly through?: (run: Platform['unitOfWork']['run']) => Platform['unitOfWork']['run'];
}

/** Seeded as a first start does. @param databaseUrl of an empty schema; a SQLite file of its own by default */
export async function openDeployment(databaseUrl?: string, choices: DeploymentChoices = {}): Promise<Deployment> {
  const { dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-deployment-')), whole, through, kinds } = choices;
  const config = loadConfig({ DATA_DIR: dataDir, ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }) });
  const platform = await openPlatform(config, silentLog, undefined, kinds);
  await seed(platform);
  const changed: string[] = [];
  const { run } = platform.unitOfWork;
  const unitOfWork = { ...platform.unitOfWork, run: through?.(run) ?? run };
  const configuration = composeConfiguration(
    { ...platform, unitOfWork },
    (tenant, workspace) => {
      changed.push(`${tenant}/${workspace}`);
    },
    whole,
  );
  return {
    ...configuration,
    platform,
    changed,
    dump: () => textOf(configuration.rootExporter.run({ tenantId: undefined })),
    async close() {
      await platform.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
