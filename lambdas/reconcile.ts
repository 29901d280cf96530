import { createInvoker } from '../lib/aws/invoker.ts';
import { reconcile } from '../lib/engine/reconcile.ts';
import { readSwept } from '../lib/function/catalog.ts';
import { guarded } from '../lib/function/guarded.ts';
import { metricLine } from '../lib/function/metrics.ts';
import { clientConfiguration, openSweepPorts } from '../lib/function/ports.ts';

/** One sweep: over the fleet, or of the secret that an event says has changed. It plans from labels alone, and the providers' functions act. */
export const handler = guarded('reconcile', async (event, context) => {
  const { tokens, providers, isWhole } = readSwept(event);
  const ports = await openSweepPorts(context, providers);
  const invoke = createInvoker(await clientConfiguration(), process.env.KEYTURN_FUNCTION_PREFIX ?? 'keyturn-rotate-');
  const sweep = await reconcile(ports, tokens, invoke);
  if (isWhole) process.stdout.write(`${metricLine(sweep, process.env.KEYTURN_INSTALLATION ?? 'keyturn', ports.clock.now())}\n`);
  return sweep;
});
