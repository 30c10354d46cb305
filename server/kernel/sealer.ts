/** The port of secrets at rest: what a store seals before it writes, and opens after it reads. */

export interface Sealer {
  /**
   * Encrypts and authenticates.
   * @param context where the value belongs, e.g. `clients.secret:{tenant}:{id}`; a value moved elsewhere does not open
   */
  seal(plaintext: string, context: string): string;
  /** @throws PlatformError `internal` when the value was changed, moved, or sealed under another key */
  open(sealed: string, context: string): string;
}
