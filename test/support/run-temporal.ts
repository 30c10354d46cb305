/** Starts a Temporal and sends its pid, in a process that a test can kill: `run-temporal.ts <data folder> <port>`. */
import { startTemporal } from '../../workflows/dev-server.ts';

const [dataDir, port] = process.argv.slice(2);
if (dataDir === undefined || port === undefined) throw new Error('wanted: <data folder> <port>');
const server = await startTemporal({ dataDir, port: Number(port), onProgress: () => undefined });
process.send?.(server.pid);
