import { createEventPublisher } from '../lib/aws/event-bridge.ts';
import { openPost, plainAddress } from '../lib/aws/mail.ts';
import { openQueues } from '../lib/aws/queues.ts';
import { readSwept } from '../lib/function/catalog.ts';
import { endSweep } from '../lib/function/end-sweep.ts';
import { guarded } from '../lib/function/guarded.ts';
import { clientConfiguration, openSweepPorts } from '../lib/function/ports.ts';
import { sweepAndTell } from '../lib/function/sweep.ts';

/** One sweep: over the fleet, or of the secret that an event says has changed. It plans from labels alone, and the providers' functions act. */
export const handler = guarded('reconcile', async (event, context) => {
  const { index, tokens, providers, isWhole, generation } = readSwept(event);
  const ports = await openSweepPorts(context, providers);
  const configuration = await clientConfiguration();
  const { KEYTURN_BUS: bus, KEYTURN_PEOPLE_TOPIC: topic, KEYTURN_INSTALLATION: installation = 'keyturn' } = process.env;
  const queues = openQueues(configuration, process.env.KEYTURN_QUEUE_PREFIX ?? '', ports.clock);
  const sweep = await sweepAndTell(ports, {
    index,
    tokens,
    isWhole,
    installation,
    ask: queues.ask,
    publish: bus === undefined ? async () => {} : createEventPublisher(configuration, bus, ports.clock),
    async isConfirmed() {
      if (topic === undefined) return undefined;
      const states = await openPost(configuration, topic).addresses();
      return (email) => states.get(plainAddress(email)) === 'confirmed';
    },
  });
  await endSweep(sweep, generation, { queues, clock: ports.clock, installation });
  const { jobs, failed, looked, causes, left } = sweep;
  return { jobs, failed, looked: looked.size, causes: causes.length, left };
});
