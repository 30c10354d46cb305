/** The scripts runtime as the rest of the house sees it. */
export { canonical } from './json.ts';
export { scriptDeclarations } from './declarations.ts';
export { defaultLimits, hardLimits } from './limits.ts';
export { beginTape, parseTape, suspensionOf } from './tape.ts';
export { withoutSecrets } from './redaction.ts';
export { nothingRefused } from './refusals.ts';
export type { Refused } from './refusals.ts';
export {
  durablePoints,
  executionPoints,
  manifestSchema,
  modulesOfPoints,
  netRuleSchema,
  secretName,
} from './script.ts';
export type { Effect } from './effect.ts';
export type { AllowedIdpsEvent, ApprovalAnswer, PostAuthnEvent, TokenMintingEvent } from './guest/types.ts';
export type { JsonObject, JsonValue } from './json.ts';
export type { Limits } from './limits.ts';
export type * from './run.ts';
export { startScriptsRuntime } from './start.ts';
export type { ChildIncident, ScriptsRuntime, ScriptsRuntimeOptions } from './runtime.ts';
export type {
  CompileRequest,
  CompileResult,
  DurableCall,
  EffectName,
  ExecutionPoint,
  Manifest,
  NetRule,
  Problem,
  Script,
} from './script.ts';
export type { Tape, TapeAnswer, TapeEntry } from './tape.ts';
