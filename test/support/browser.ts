/** Chromium for tests: the machine's own, driven by playwright-core, which downloads none. */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Starts the browser at CHROMIUM_PATH (default `/usr/bin/chromium`); whoever starts it closes it.
 * @returns undefined, after saying why, when there is none: the suite then skips itself
 * @throws Error instead when REQUIRE_CHROMIUM=1
 */
export async function launchBrowser(): Promise<Browser | undefined> {
  const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
  if (existsSync(executablePath)) return chromium.launch({ executablePath, headless: true, args: flags });
  const reason = `no Chromium at ${executablePath} (set CHROMIUM_PATH)`;
  if (process.env['REQUIRE_CHROMIUM'] === '1') throw new Error(reason);
  process.stderr.write(`browser tests are skipped: ${reason}\n`);
  return undefined;
}
