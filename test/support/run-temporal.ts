/**
 * Starts a Temporal, or shares one, and sends its pid, 0 where it is another process's; in a process that a test can kill,
 * or stop by SIGTERM: `run-temporal.ts <data folder> <port>`.
 */
import { startTemporal } from '../../workflows/dev-server.ts';

const [dataDir, port] = process.argv.slice(2);
if (dataDir === undefined || port === undefined) throw new Error('wanted: <data folder> <port>');
const server = await startTemporal({ dataDir, port: Number(port), onProgress: () => undefined });
// Who shares one has nothing else to do, and would end.
setInterval(() => undefined, 60_000);
process.once('SIGTERM', () => void server.stop().then(() => process.exit(0)));
process.send?.(server.pid ?? 0);
