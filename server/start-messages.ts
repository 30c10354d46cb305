/** What a person at the terminal reads: what to open after a start, and one clear sentence when there is none. */
import type { BootstrapReport } from './bootstrap/bootstrap.ts';
import { ConfigError, type Config } from './config.ts';
import { isPlatformError } from './kernel/errors.ts';

export interface Started {
  readonly role: 'all' | 'http' | 'worker';
  readonly config: Config;
  readonly temporal: { readonly chosen: string; readonly uiUrl: string | undefined } | undefined;
  readonly report: BootstrapReport | undefined;
}

/** Lines for the terminal. Secrets made just now are among them, once; they are never logged. */
export function welcome({ role, config, temporal, report }: Started): readonly string[] {
  if (role === 'worker') return ['Gatehouse worker: running logins.'];
  const origin = config.publicUrl.replace('{tenant}', config.defaultTenant);
  const lines = ['', 'Gatehouse is ready.', ''];
  const row = (name: string, value: string): void => {
    lines.push(`  ${name.padEnd(18)} ${value}`);
  };
  if (config.demo.enabled) row('Demo application', `${origin}/${config.defaultTenant}/${config.demo.workspace}/demo`);
  if (temporal?.uiUrl !== undefined) row('Temporal UI', temporal.uiUrl);
  if (config.demo.enabled) {
    const password =
      report?.demoPassword ?? (report?.secretsFile === undefined ? 'as configured' : `in ${report.secretsFile}`);
    row('Demo user', 'ada@example.com, ada or +44 20 7946 0958');
    row('Demo password', password);
  }
  if (report?.rootClientSecret !== undefined) {
    row('Root client', config.rootClient.id);
    row('Root secret', `${report.rootClientSecret}   (shown once, kept in ${report.secretsFile ?? config.dataDir})`);
  }
  if (temporal !== undefined) lines.push('', `  Logins run on ${temporal.chosen}.`);
  lines.push('', '  Ctrl-C stops everything.', '');
  return lines;
}

/** Failures whose message was written to be read here. */
const spoken: ReadonlySet<string> = new Set(['TemporalUnavailable', 'WorkflowsUnavailable']);

/** One sentence for what people can mend; the whole failure, with its stack, for what only developers can. */
export function explainFailure(error: unknown): string {
  if (error instanceof ConfigError || isPlatformError(error)) return error.message;
  if (error instanceof Error && spoken.has(error.name)) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
