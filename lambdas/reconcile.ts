import { createInvoker } from '../lib/aws/invoker.ts';
import { reconcile } from '../lib/engine/reconcile.ts';
import { readIndex } from '../lib/function/catalog.ts';
import { guarded } from '../lib/function/guarded.ts';
import { clientConfiguration, openPorts } from '../lib/function/ports.ts';

/** One sweep over the fleet. It plans from labels alone, and the providers' functions act. */
export const handler = guarded('reconcile', async (_event, context) => {
  const ports = await openPorts(context);
  const invoke = createInvoker(await clientConfiguration(), process.env.KEYTURN_FUNCTION_PREFIX ?? 'keyturn-rotate-');
  return reconcile(ports, readIndex().tokens, invoke);
});
