/** What children and isolates run: made once by a process of its own, because leaving out types takes a compiler that nobody needs afterwards. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

export interface Program {
  readonly child: string;
  readonly guest: string;
  /** Sources by name, for `require` of classic scripts. */
  readonly libraries: Readonly<Record<string, string>>;
  /** Where the addon is. */
  readonly addon: string;
}

const made = z.strictObject({ child: z.string().min(1), guest: z.string().min(1) });
const run = promisify(execFile);
const require = createRequire(import.meta.url);

let program: Promise<Program> | undefined;

/** @throws Error when the sources cannot be read, or the addon is not there for this platform */
export function loadProgram(): Promise<Program> {
  program ??= load();
  return program;
}

async function load(): Promise<Program> {
  const maker = join(import.meta.dirname, 'make-program.ts');
  const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', maker], {
    env: {},
    maxBuffer: 4 * 1024 * 1024,
  });
  const lodash = await readFile(require.resolve('lodash/lodash.min.js'), 'utf8');
  return { ...made.parse(JSON.parse(stdout)), libraries: { lodash }, addon: addonPath() };
}

const reportSchema = z.object({ header: z.object({ glibcVersionRuntime: z.string().optional() }) });

/** The prebuilt file for this Node, as `node-gyp-build` would find it. */
function addonPath(): string {
  const { platform, arch, versions } = process;
  // A report looks up names of the network otherwise, which takes as long as it takes.
  const reporter: { excludeNetwork?: boolean } & NodeJS.ProcessReport = process.report;
  reporter.excludeNetwork = true;
  const report = reportSchema.parse(reporter.getReport());
  const libc = platform !== 'linux' ? '' : report.header.glibcVersionRuntime === undefined ? '.musl' : '.glibc';
  return require.resolve(`isolated-vm/prebuilds/${platform}-${arch}/isolated-vm.abi${versions.modules}${libc}.node`);
}
