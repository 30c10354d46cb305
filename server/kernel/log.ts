/** The port of the log: structured fields first, one plain sentence second. */

export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  /** An error belongs under `err`: its codes, its causes and its stack are written, its secrets are not. */
  error(fields: LogFields, message: string): void;
  /** A log that writes these fields with every line. */
  child(fields: LogFields): Log;
}
