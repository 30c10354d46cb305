/** Scripts, as tests keep and bind them. */
import type { Knex } from 'knex';
import { createScriptCompiler } from '../../server/extensions/script-compiler.ts';
import { createScriptService, type ScriptService } from '../../server/extensions/script.service.ts';
import type { Clock } from '../../server/kernel/clock.ts';
import { compileByFirstLine } from './script-compile.ts';
import { heldClock, unitOfWorkOn } from './stores.ts';

export const testCompiler = createScriptCompiler({ compile: compileByFirstLine });

export function scriptServiceOn(knex: Knex, clock: Clock = heldClock()): ScriptService {
  return createScriptService({ unitOfWork: unitOfWorkOn(knex, clock), compiler: testCompiler, clock });
}

export const scriptWords = { name: 'Risk', envVersion: '', testInput: '' };
