/** Extension point `exportable` (contribute): what of a plugin moves with the workspace that it belongs to. */
import type { Section } from '../configuration/section.ts';
import type { PluginHost, PluginTransaction } from './host.ts';

export { faultsFrom } from '../configuration/faults.ts';
export { section } from '../configuration/section.ts';
export type { Fault, ImportContext, MapSecret, Section } from '../configuration/section.ts';

/**
 * Asked once, when the process is built.
 * @returns sections, each made by `section`: of objects that belong to a workspace. They are exported and imported whether or
 *   not the workspace has the plugin just now, as its rows stay. On import `find` and `faults` are given the database itself,
 *   and what writes a transaction.
 */
export type ExportableContribution = (host: PluginHost) => readonly Section<PluginTransaction>[];
