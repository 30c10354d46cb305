/** The plugins of this deployment, in the order in which their hooks run. Deleting a line and its folder deletes the feature. */
import type { Plugin } from './kit/index.ts';

export const plugins: readonly Plugin[] = [];
