/** «Not given», as generated clients of the published API say it: null, and the zero time of Go. */

/** `0001-01-01T00:00:00Z`, with or without fractions. */
const zeroTime = /^0001-01-01T00:00:00(\.0+)?Z$/;

/** Whether a member with this value was not given. */
export function isAbsent(value: unknown): boolean {
  return value === null || (typeof value === 'string' && zeroTime.test(value));
}

/** The same JSON without members that were not given, however deep; elements of arrays stay as they are. */
export function withoutAbsent(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withoutAbsent);
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).flatMap(([name, value]) => (isAbsent(value) ? [] : [[name, withoutAbsent(value)]])),
  );
}

/** What says nothing asks for nothing: generated clients send every member they know. */
export function saysSomething(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === false || value === 0) return false;
  return typeof value !== 'object' || Object.values(value).some(saysSomething);
}
