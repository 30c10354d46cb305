/** A process that imports clients into a workspace and is killed within one of its transactions. Arguments: the database's URL, the folder of its keys, and which transaction. */
import { tenantId } from '../../server/kernel/ids.ts';
import { bytesOf, openDeployment } from './deployment.ts';
import { clientsOf, whole } from './dying-import.ts';

const [url, dataDir = '', deadly = '1', count = '0'] = process.argv.slice(2);
let transactions = 0;
const { importer } = await openDeployment(url, {
  dataDir,
  whole,
  through: (run) => (work) =>
    run(async (stores) => {
      const done = await work(stores);
      transactions += 1;
      // Everything is written, and nothing of it is committed.
      if (transactions === Number(deadly)) process.kill(process.pid, 'SIGKILL');
      return done;
    }),
});
const body = bytesOf(clientsOf(Number(count)));
await importer.run({ tenantId: tenantId('default'), mode: 'update', dryRun: false, body });
