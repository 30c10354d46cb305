/** Serves every sample page as the product would, and keeps what their forms post. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import { createAssetRoutes } from '../../server/themes/asset.routes.ts';
import type { PageName } from '../../server/themes/pages.ts';
import { credentialKinds } from '../../server/compose-kinds.ts';
import { createRenderer } from '../../server/themes/renderer.ts';
import type { RenderedPage } from '../../server/themes/renderer.ts';
import { sendPage } from '../../server/themes/send-page.ts';
import { samples } from './page-samples.ts';

const renderer = createRenderer({
  templatesDir: join(import.meta.dirname, '../../templates'),
  kinds: credentialKinds,
  pluginTemplates: new Map([['codes', new URL('../server/themes/fragments/', import.meta.url)]]),
});

export const { locales } = renderer;

export const pageNames = [
  'login',
  'replacement',
  'passkey-offer',
  'away',
  'account-name',
  'account-code',
  'account-done',
  'own-account',
  'own-password',
  'own-passkey-new',
  'own-passkey',
  'own-passkey-remove',
  'own-address',
  'choose-idp',
  'step',
  'consent',
  'error',
  'expired',
  'stopped',
  'waiting',
  'approvals',
  'approval',
  'elsewhere',
  'finished',
  'unavailable',
  'stale-step',
  'confirm-logout',
  'signed-out',
  'not-found',
  'misdirected',
  'operator',
  'home',
  'demo-start',
  'demo-account',
  'demo-error',
  'api-docs',
  'tenant-choice',
  'tenant-reminder',
  'tenant-reminder-sent',
  'console',
  'sign-in-error',
  'mailbox',
] as const satisfies readonly PageName[];

interface Sample {
  /** `login/wrong`: below `/{locale}/`. */
  readonly address: string;
  readonly draw: (locale: string) => RenderedPage;
}

function samplesOf<Name extends PageName>(name: Name, states: (typeof samples)[Name]): Sample[] {
  return Object.entries(states).map(([state, data]) => ({
    address: `${name}/${state}`,
    draw: (locale) => renderer.render(name, data, { locale }),
  }));
}

const every = pageNames.flatMap((name) => samplesOf(name, samples[name]));
export const addresses = every.map(({ address }) => address);

export interface PageServer {
  readonly origin: string;
  readonly posted: URLSearchParams[];
  close(): void;
}

export async function startPageServer(): Promise<PageServer> {
  const posted: URLSearchParams[] = [];
  const app = express();
  app.use('/assets', createAssetRoutes(renderer.assets));
  for (const { address, draw } of every) {
    app.get(`/:locale/${address}`, (req, res) => {
      sendPage(res, 200, draw(req.params.locale));
    });
  }
  app.post('/*any', express.text({ type: () => true }), (req, res) => {
    posted.push(new URLSearchParams(String(req.body)));
    // Slow on purpose: a second press finds the first one still under way.
    setTimeout(() => res.end('<!doctype html><title>sent</title>'), 300);
  });
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => {
      resolve(listening);
    });
  });
  return {
    origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    posted,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
