import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Says why something that a rule of cdk-nag finds is meant to be so. By the rule, with its finding in brackets where it has several. */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  Validations.of(construct).acknowledge(
    ...Object.entries(reasons).map(([rule, reason]) => ({ id: `AwsSolutions::${rule}`, reason })),
  );
}
