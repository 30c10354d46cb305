/** The log: a JSON object a line by pino, each with the trace id of its request, cleaned of secrets. */
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import type { Config } from '../config.ts';
import { traceId } from '../http/trace.ts';
import type { Log } from '../kernel/log.ts';
import { cleanForLog, cleanText } from './log-clean.ts';
import { prettyLines } from './log-pretty.ts';

/** @param destination where lines go; standard output by default */
export function createLog(config: Pick<Config, 'log'>, destination?: DestinationStream): Log {
  const lines = destination ?? pino.destination({ dest: 1, sync: true });
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
  return asLog(logger);
}

/** Cleans what will be written, and only that: a line below the level costs a comparison. */
function asLog(logger: Logger): Log {
  const at = (level: 'debug' | 'info' | 'warn' | 'error'): Log['info'] => {
    return (fields, message) => {
      if (logger.isLevelEnabled(level)) logger[level](cleanForLog(fields), cleanText(message));
    };
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => asLog(logger.child(cleanForLog(fields))),
  };
}
