/** What a browser may be called to its person: its family and its platform, in our words and never in its own. */
import type { IncomingHttpHeaders } from 'node:http';

/** As its hints quote them (User-Agent Client Hints §3.1), or its User-Agent writes them; the first that fits, as most say they are others too. */
const families: readonly (readonly [string, RegExp])[] = [
  ['Edge', /"Microsoft Edge"|\bEdg(?:A|iOS)?\//],
  ['Opera', /"Opera"|\bOPR\//],
  ['Brave', /"Brave"/],
  ['Vivaldi', /"Vivaldi"|\bVivaldi\//],
  ['Samsung Internet', /"Samsung Internet"|\bSamsungBrowser\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /"Google Chrome"|\b(?:Headless)?Chrome\/|\bCriOS\//],
  ['Chromium', /"Chromium"/],
  ['Safari', /\bSafari\//],
];
const platforms: readonly (readonly [string, RegExp])[] = [
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['ChromeOS', /"Chrom(?:e|ium) OS"|\bCrOS\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /"macOS"|\bMacintosh\b/],
  ['Linux', /\bLinux\b/],
];

const longest = 512;
const firstOf = (known: typeof families, text: string): string | undefined =>
  known.find(([, pattern]) => pattern.test(text))?.[0];

/** @returns such as `Firefox (Windows)`, or what is known of it; empty where nothing is */
export function browserNameIn(headers: IncomingHttpHeaders): string {
  const text = ['sec-ch-ua', 'sec-ch-ua-platform', 'user-agent']
    .map((name) => String(headers[name] ?? '').slice(0, longest))
    .join('\n');
  const family = firstOf(families, text);
  const platform = firstOf(platforms, text);
  return family !== undefined && platform !== undefined ? `${family} (${platform})` : (family ?? platform ?? '');
}
