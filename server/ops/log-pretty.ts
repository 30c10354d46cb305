/** Log lines for people: `12:30:01 warn  message  key=value`. */
import type { DestinationStream } from 'pino';
import { z } from 'zod';

const lineSchema = z.looseObject({ level: z.string(), time: z.string(), message: z.string().default('') });

/** Control characters would let a logged value move the terminal's cursor. */
function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}

function show(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value);
}

/** One JSON line as a person reads it; the frames of a stack follow on lines of their own. */
export function prettyLine(json: string): string {
  const { level, time, message, err, ...fields } = lineSchema.parse(JSON.parse(json));
  const { stack, ...error } = z
    .looseObject({ stack: z.string().default('') })
    .catch({ stack: '' })
    .parse(err);
  const all = Object.keys(error).length === 0 ? fields : { ...fields, err: error };
  const rest = Object.entries(all).map(([key, value]) => `${key}=${show(value)}`);
  const frames = stack === '' ? [] : stack.split('\n').map((frame) => `\n    ${printable(frame)}`);
  return [
    time.slice(11, 19),
    ` ${level.padEnd(5)} ${printable(message)}`,
    ...(rest.length > 0 ? [`  ${printable(rest.join(' '))}`] : []),
    ...frames,
    '\n',
  ].join('');
}

export function prettyLines(destination: DestinationStream): DestinationStream {
  return { write: (json) => destination.write(prettyLine(json)) };
}
