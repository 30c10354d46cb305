/** A form that is sent when the server dies, and sent again once it is back. */
import assert from 'node:assert/strict';
import { armBarrier } from '../support/chaos/barrier.ts';
import type { TestPlatform } from '../support/platform.ts';
import type { Shown } from '../support/web-browser.ts';

/** Where the server dies, and how often it may pass there before. */
export interface Strike {
  readonly place: string;
  readonly letBy: number;
}

export interface Struck {
  readonly shown: Shown;
  /** Whether the server came to the place at all. */
  readonly struck: boolean;
}

/** @param folder where the server waits for what is armed */
export const sendingStruck =
  (folder: string, { server }: TestPlatform) =>
  async (send: () => Promise<Shown>, strike: Strike | undefined): Promise<Struck> => {
    if (strike === undefined) return { shown: await send(), struck: false };
    const barrier = await armBarrier(folder, strike.place, strike.letBy);
    const answer = send().catch((error: unknown) => {
      if (error instanceof TypeError) return undefined;
      throw error;
    });
    const struck = await Promise.race([barrier.reached().then(() => true), answer.then(() => false)]);
    if (!struck) {
      await barrier.release();
      const shown = await answer;
      assert.ok(shown);
      return { shown, struck };
    }
    await server.kill();
    await answer;
    await barrier.release();
    await server.start();
    return { shown: await send(), struck };
  };

/** What the page complains about. */
export function faultOf({ text }: Shown): string {
  return [...text.matchAll(/<p[^>]*role="alert"[^>]*>(.*?)<\/p>|<div class="alert"[^>]*>(.*?)<\/div>/gs)]
    .map(([all]) => all.replaceAll(/<[^>]*>/g, ' '))
    .join('; ');
}
