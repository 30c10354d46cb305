/** What nobody changes after it was read: settings, and values that others are handed. */

/** Freezes a value all the way down, as far as it is not frozen yet. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
