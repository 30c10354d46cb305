/** How the development server is started: durable in one file, bound to loopback, and as fast as it goes. */
import { join } from 'node:path';
import { searchAttributeFlags } from './search-attributes.ts';

export interface DevServerPlace {
  /** The folder that holds its database. */
  readonly dataDir: string;
  readonly port: number;
  /** Without one there is no Web UI. */
  readonly uiPort?: number | undefined;
  /** Where the Web UI has payloads decoded, for an operator. */
  readonly codecEndpoint?: string | undefined;
}

/**
 * `history.transferProcessorMaxPollRPS` is the one that matters: its default of 20 lets every start of a login wait for
 * a 50 ms tick. The rest keep other limits of a large cluster out of the way.
 */
const dynamicConfig = {
  'history.transferProcessorMaxPollRPS': 2000,
  'history.timerProcessorMaxPollRPS': 2000,
  'history.visibilityProcessorMaxPollRPS': 2000,
  'frontend.namespaceRPS': 20000,
  'frontend.rps': 20000,
  'history.rps': 20000,
  'matching.rps': 20000,
  'history.persistenceMaxQPS': 50000,
  'matching.persistenceMaxQPS': 50000,
  'frontend.persistenceMaxQPS': 50000,
  // One worker polls one queue: of the four partitions it has otherwise, three only hand tasks over to the first.
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
} as const;

/** Write-ahead log, synced at checkpoints: twice as fast, and safe from a crash of the process. */
const pragmas = ['journal_mode=WAL', 'synchronous=NORMAL'];

export function databaseFile({ dataDir }: Pick<DevServerPlace, 'dataDir'>): string {
  return join(dataDir, 'temporal.db');
}

/** Arguments of the `temporal` command. */
export function devServerArguments(place: DevServerPlace): string[] {
  const ui = place.uiPort === undefined ? ['--headless'] : ['--ui-ip', '127.0.0.1', '--ui-port', String(place.uiPort)];
  const codec =
    place.uiPort === undefined || place.codecEndpoint === undefined ? [] : ['--ui-codec-endpoint', place.codecEndpoint];
  return [
    ...['server', 'start-dev', '--log-level', 'error', '--ip', '127.0.0.1', '--port', String(place.port)],
    ...ui,
    ...codec,
    ...['--db-filename', databaseFile(place)],
    ...pragmas.flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ...searchAttributeFlags.flatMap((attribute) => ['--search-attribute', attribute]),
    ...Object.entries(dynamicConfig).flatMap(([name, value]) => ['--dynamic-config-value', `${name}=${String(value)}`]),
  ];
}
