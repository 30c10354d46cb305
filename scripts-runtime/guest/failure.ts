/** What is said of an error that ended a script. */

export interface Failure {
  readonly message: string;
  readonly stack: string;
}

const longest = { message: 4096, stack: 16_384 };

/** Whatever was thrown, as text: reading it may run code of the script, which may throw again. */
export function failureOf(thrown: unknown): Failure {
  try {
    if (!(thrown instanceof Error)) return { message: String(thrown).slice(0, longest.message), stack: '' };
    const message = `${thrown.name}: ${thrown.message}`;
    return {
      message: String(message).slice(0, longest.message),
      stack: typeof thrown.stack === 'string' ? thrown.stack.slice(0, longest.stack) : '',
    };
  } catch {
    return { message: 'Error: the script threw something that cannot be read', stack: '' };
  }
}
