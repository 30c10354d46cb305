/** The process that bundles: `make-bundle.ts <workflows> <file>`. The bundler's memory, 150 MB, goes with it. */
import { writeFile } from 'node:fs/promises';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { failureConverterPath } from './data-converter.ts';

const [workflowsPath = '', file = ''] = process.argv.slice(2);
const { code } = await bundleWorkflowCode({ workflowsPath, failureConverterPath, logger: new DefaultLogger('WARN') });
await writeFile(file, code);
