/** The log: a JSON object a line by pino, each with the trace id of its request, cleaned of secrets. */
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import type { Config } from '../config.ts';
import { traceId } from '../http/trace.ts';
import type { Log } from '../kernel/log.ts';
import { cleanText, createLogCleaner } from './log-clean.ts';
import { prettyLines } from './log-pretty.ts';

/** Lines are written together: so many bytes at once, or what there is after so many milliseconds. */
const together = { minLength: 4096, periodicFlush: 100 } as const;

/** What may wait for a reader that does not read; beyond it lines are lost rather than memory. Bytes. */
const mostUnread = 4 * 1024 * 1024;

/**
 * @param secretFields names under which nothing is written, beside those that are secret anywhere (`secretFieldsOf`)
 * @param destination where lines go; standard output by default
 */
export function createLog(
  config: Pick<Config, 'log'>,
  secretFields: readonly string[],
  destination?: DestinationStream,
): Log {
  // No line keeps a request waiting, and what is left is written at exit: only SIGKILL loses lines, a moment's worth.
  const lines = destination ?? pino.destination({ dest: 1, sync: false, maxLength: mostUnread, ...together });
  const logger = pino(
    {
      level: config.log.level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      // Errors were cleaned before they came here; the serializer of pino would take the clean object apart.
      serializers: { err: (clean: unknown) => clean },
      formatters: { level: (level) => ({ level }) },
      mixin: () => {
        const id = traceId();
        return id === undefined ? {} : { trace_id: id };
      },
    },
    config.log.format === 'pretty' ? prettyLines(lines) : lines,
  );
  return asLog(logger, createLogCleaner(secretFields));
}

const urgent: ReadonlySet<string> = new Set(['warn', 'error']);

/** Cleans what will be written, and only that: a line below the level costs a comparison. */
function asLog(logger: Logger, cleaned: ReturnType<typeof createLogCleaner>): Log {
  const at = (level: 'debug' | 'info' | 'warn' | 'error'): Log['info'] => {
    return (fields, message) => {
      if (!logger.isLevelEnabled(level)) return;
      logger[level](cleaned(fields), cleanText(message));
      if (urgent.has(level)) logger.flush();
    };
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => asLog(logger.child(cleaned(fields)), cleaned),
  };
}
