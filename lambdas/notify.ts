import { openPost } from '../lib/aws/mail.ts';
import { readDirectory, readOccasion } from '../lib/function/catalog.ts';
import { guarded } from '../lib/function/guarded.ts';
import { clientConfiguration, openDoors } from '../lib/function/ports.ts';
import { deliver } from '../lib/tell/deliver.ts';
import { inviteAddresses } from '../lib/tell/invite.ts';
import { hostsOf, openSinks } from '../lib/tell/sinks.ts';

/** Tells people: an event of the bus to those it is addressed to. On a schedule it invites addresses that were not invited yet. */
export const handler = guarded('notify', async (event, context) => {
  const directory = readDirectory();
  const ports = await openDoors(context, hostsOf(directory));
  const configuration = await clientConfiguration();
  const peopleTopicArn = process.env.KEYTURN_PEOPLE_TOPIC ?? '';
  const operatorsTopicArn = process.env.KEYTURN_OPERATORS_TOPIC ?? '';
  const occasion = readOccasion(event);
  if (occasion === 'schedule') return inviteAddresses(openPost(configuration, peopleTopicArn), directory, ports);
  return deliver(occasion, directory, openSinks({ ...ports, configuration, peopleTopicArn, operatorsTopicArn }));
});
