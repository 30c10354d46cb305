/** Reads who imports whom with the walls of `.dependency-cruiser.js`, in this tree or in one planted for a test. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';

export const projectRoot = join(import.meta.dirname, '..', '..');

export interface Violation {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
}

/** @param folders below `root`; those that are not there are an error */
export async function violationsIn(root: string, folders: readonly string[]): Promise<readonly Violation[]> {
  const options = await extractDepcruiseOptions(join(projectRoot, '.dependency-cruiser.js'));
  const { output } = await cruise([...folders], { ...options, baseDir: root });
  if (typeof output === 'string') throw new Error(output);
  if (output.summary.totalCruised === 0) throw new Error(`nothing was read in ${root}`);
  return output.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }));
}

/** Names of all walls, in their order. */
export async function wallNames(): Promise<readonly string[]> {
  const { ruleSet } = await extractDepcruiseOptions(join(projectRoot, '.dependency-cruiser.js'));
  return (ruleSet?.forbidden ?? []).map(({ name }) => name ?? 'unnamed');
}

/**
 * Plants a small tree of the same paths and dependencies, cruises it and removes it.
 * @param files path → source
 */
export async function violationsOfPlant(files: Readonly<Record<string, string>>): Promise<readonly Violation[]> {
  const root = await mkdtemp(join(tmpdir(), 'gatehouse-walls-'));
  try {
    await symlink(join(projectRoot, 'node_modules'), join(root, 'node_modules'));
    await symlink(join(projectRoot, 'package.json'), join(root, 'package.json'));
    for (const [path, source] of Object.entries(files)) {
      await mkdir(join(root, dirname(path)), { recursive: true });
      await writeFile(join(root, path), source);
    }
    return await violationsIn(root, [...new Set(Object.keys(files).map((path) => path.split('/')[0] ?? path))]);
  } finally {
    await rm(root, { recursive: true });
  }
}
