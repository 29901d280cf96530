import { openQueues } from '../lib/aws/queues.ts';
import { restOf } from '../lib/engine/hand-on.ts';
import { reconcile } from '../lib/engine/reconcile.ts';
import { readSwept } from '../lib/function/catalog.ts';
import { guarded } from '../lib/function/guarded.ts';
import { metricLine } from '../lib/function/metrics.ts';
import { clientConfiguration, openSweepPorts } from '../lib/function/ports.ts';

/** One sweep: over the fleet, or of the secret that an event says has changed. It plans from labels alone, and the providers' functions act. */
export const handler = guarded('reconcile', async (event, context) => {
  const { tokens, providers, generation } = readSwept(event);
  const ports = await openSweepPorts(context, providers);
  const queues = openQueues(await clientConfiguration(), process.env.KEYTURN_QUEUE_PREFIX ?? '', ports.clock);
  const sweep = await reconcile(ports, tokens, queues.ask);
  if (generation === undefined) return sweep;
  const rest = restOf(sweep.left, generation);
  const installation = process.env.KEYTURN_INSTALLATION ?? 'keyturn';
  process.stdout.write(`${metricLine(sweep, rest !== undefined, installation, ports.clock.now())}\n`);
  if (rest !== undefined) await queues.handOn(rest);
  return sweep;
});
