import { afterAll, describe, it } from 'vitest';
import { openBench } from './bench.ts';
import { labelRules } from './rules/labels.ts';
import { listingRules } from './rules/listing.ts';
import { metadataRules } from './rules/metadata.ts';
import { rotationRules } from './rules/rotation.ts';
import { scheduleRules } from './rules/schedule.ts';
import { valueRules } from './rules/values.ts';

// Goal: every rule of Secrets Manager that we know of holds for a client that is the unmodified AWS SDK, or plain HTTP.
// Method: one table of rules, each on a fresh service behind a real port.

const sections = {
  values: valueRules,
  labels: labelRules,
  'names, tags, deletion, policies, accounts': metadataRules,
  'lists and replicas': listingRules,
  rotation: rotationRules,
  schedules: scheduleRules,
};

let holding = 0;
afterAll(() => {
  process.stdout.write(`${holding} protocol rules hold\n`);
});

for (const [section, rules] of Object.entries(sections)) {
  describe(section, () => {
    for (const rule of rules) {
      it(`${rule.says} [${rule.id}]`, async () => {
        const bench = await openBench({ switches: rule.switches });

        await rule.check(bench);

        holding += 1;
        await bench.close();
      });
    }
  });
}
