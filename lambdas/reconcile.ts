import { createEventPublisher } from '../lib/aws/event-bridge.ts';
import { createInvoker } from '../lib/aws/invoker.ts';
import { openPost, plainAddress } from '../lib/aws/mail.ts';
import { readSwept } from '../lib/function/catalog.ts';
import { guarded } from '../lib/function/guarded.ts';
import { metricLine } from '../lib/function/metrics.ts';
import { clientConfiguration, openSweepPorts } from '../lib/function/ports.ts';
import { sweepAndTell } from '../lib/function/sweep.ts';

/** One sweep: over the fleet, or of the secret that an event says has changed. It plans from labels alone, and the providers' functions act. */
export const handler = guarded('reconcile', async (event, context) => {
  const { index, tokens, providers, isWhole } = readSwept(event);
  const ports = await openSweepPorts(context, providers);
  const configuration = await clientConfiguration();
  const { KEYTURN_BUS: bus, KEYTURN_PEOPLE_TOPIC: topic, KEYTURN_FUNCTION_PREFIX: prefix = 'keyturn-rotate-' } = process.env;
  const sweep = await sweepAndTell(ports, {
    index,
    tokens,
    isWhole,
    invoke: createInvoker(configuration, prefix),
    publish: bus === undefined ? async () => {} : createEventPublisher(configuration, bus, ports.clock),
    async isConfirmed() {
      if (topic === undefined) return undefined;
      const states = await openPost(configuration, topic).addresses();
      return (email) => states.get(plainAddress(email)) === 'confirmed';
    },
  });
  if (isWhole) process.stdout.write(`${metricLine(sweep, process.env.KEYTURN_INSTALLATION ?? 'keyturn', ports.clock.now())}\n`);
  const { jobs, failed, looked, causes, left } = sweep;
  return { jobs, failed, looked: looked.size, causes: causes.length, left };
});
