/** The composition root's part for scripts: what runs them, and what reads them. */
import { mintingReader } from './extensions/minting-script.service.ts';
import { createPointJudge } from './extensions/point-verdict.ts';
import type { ScriptJudges } from './extensions/script-rehearsal.ts';
import type { RateLimit } from './http/rate-limit.ts';
import { allowedIdpsReader } from './interactions/idp-selection.service.ts';
import { changesOf, endOf } from './interactions/script-verdict.ts';
import type { ScriptHost, ScriptsRuntime, ScriptsRuntimeOptions } from '../scripts-runtime/index.ts';
import { hardLimits } from '../scripts-runtime/index.ts';
import type { Config } from './config.ts';
import { createLazyRuntime } from './extensions/lazy-runtime.ts';
import { createScriptCompiler, type ScriptCompiler } from './extensions/script-compiler.ts';
import type { Log } from './kernel/log.ts';
import { createGuardedFetch } from './net/guarded-fetch.ts';

/** Of one tenant's scripts; a login whose script finds no place tries again, and takes none of the worker's meanwhile. */
const queuePerTenant = 20;

/** What runs come to, where they run. */
export const scriptJudges: ScriptJudges = {
  post_authn_ctx: { endOf, changesOf },
  allowed_idp_ids: createPointJudge(allowedIdpsReader),
  token_minting: createPointJudge(mintingReader),
  client_token_minting: createPointJudge(mintingReader),
};

/** Runs within requests that passed and are kept, of one script at one point, in one process. */
export const sampledRuns: RateLimit = { burst: 20, perMinute: 60 };

export interface ScriptParts {
  readonly scriptsRuntime: ScriptsRuntime;
  /** Runs logins that are over once more: with processes of its own, so that no login waits behind them. */
  readonly rehearsalRuntime: ScriptsRuntime;
  readonly scriptCompiler: ScriptCompiler;
  /** By which scripts reach what is not private; the runtime has looked at their list by then. */
  readonly scriptFetch: ScriptHost['fetch'];
}

/** Two for one tenant, and one that is free for the next. */
const rehearsalChildren = 3;

export function composeScripts(
  { scripts, outgoingAllow: allow }: Pick<Config, 'scripts' | 'outgoingAllow'>,
  log: Pick<Log, 'warn' | 'error'>,
  start: (options: ScriptsRuntimeOptions) => Promise<ScriptsRuntime>,
): ScriptParts {
  const runtimeOf = (children: number): ScriptsRuntime =>
    createLazyRuntime({
      start: () =>
        start({
          ...scripts,
          children,
          queuePerTenant,
          onIncident: ({ kind, tenant, detail }) => {
            log.warn({ incident: kind, tenant, detail }, 'a process that runs scripts ended');
          },
        }),
      onFailure: (error) => {
        log.error({ err: error }, 'scripts cannot run');
      },
    });
  const scriptsRuntime = runtimeOf(scripts.children);
  return {
    scriptsRuntime,
    rehearsalRuntime: runtimeOf(Math.min(rehearsalChildren, scripts.children)),
    scriptCompiler: createScriptCompiler({ compile: scriptsRuntime.compile }),
    scriptFetch: createGuardedFetch({ allow, timeoutMs: hardLimits.fetchMs, maxBytes: hardLimits.fetchBytes }),
  };
}
