import { CfnDeletionPolicy, Tags } from 'aws-cdk-lib';
import { CfnRotationSchedule, CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, type IDependable } from 'constructs';
import { rotationRules, type Schedule } from '../catalog/schedule.ts';
import { acknowledge } from './acknowledge.ts';

export interface RotatedTokenProps {
  /** The name of the secret to make, or the name or ARN of the one to adopt. */
  readonly secret: string;
  /**
   * The secret exists already and is taken as it is.
   * @default a new, empty secret is made, which the first sweep fills
   */
  readonly isAdopted?: boolean;
  /**
   * What the token is for: shown in the AWS console.
   * @default none
   */
  readonly description?: string;
  /**
   * The ARN of the KMS key of a new secret.
   * @default the key of AWS, aws/secretsmanager
   */
  readonly keyArn?: string;
  /**
   * The ARN of the function that rotates it, without a version.
   * @default no schedule: it is only watched, or a person makes each new token
   */
  readonly functionArn?: string;
  /**
   * When it is rotated.
   * @default no schedule
   */
  readonly schedule?: Schedule;
  /**
   * What must be there before Secrets Manager is told of the function: its permission to invoke it.
   * @default nothing
   */
  readonly after?: readonly IDependable[];
}

/**
 * A token's secret and its schedule: two resources at most. The secret outlives its stack and never has a value in a template. Deploying
 * rotates nothing: the schedule begins with its next window.
 */
export class RotatedToken extends Construct {
  /** The secret, where this made it. */
  readonly secret: CfnSecret | undefined;
  readonly schedule: CfnRotationSchedule | undefined;

  constructor(scope: Construct, id: string, props: RotatedTokenProps) {
    super(scope, id);
    const { secret, isAdopted = false, description, keyArn, functionArn, schedule, after = [] } = props;
    if (!isAdopted) {
      this.secret = new CfnSecret(this, 'Secret', {
        name: secret,
        ...(description === undefined ? {} : { description: shortened(description) }),
        ...(keyArn === undefined ? {} : { kmsKeyId: keyArn }),
      });
      // A live token is nobody's to delete by accident, least of all a stack's.
      this.secret.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN;
      this.secret.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
      Tags.of(this.secret).add('keyturn:token', id);
    }
    if (functionArn !== undefined && schedule !== undefined) {
      const { ScheduleExpression, Duration } = rotationRules(schedule);
      this.schedule = new CfnRotationSchedule(this, 'Schedule', {
        secretId: this.secret?.ref ?? secret,
        rotationLambdaArn: functionArn,
        rotationRules: { scheduleExpression: ScheduleExpression, ...(Duration === undefined ? {} : { duration: Duration }) },
        rotateImmediatelyOnUpdate: false,
      });
      this.schedule.node.addDependency(...after);
    } else if (this.secret !== undefined) {
      acknowledge(this.secret, {
        'AwsSolutions-SMG4':
          'This token is only watched, or a person makes each new one: its due date is kept by the reconciler.',
      });
    }
  }
}

/** Descriptions of secrets take 2048 characters; the runbook has all of it. */
function shortened(description: string): string {
  const line = description.replace(/\s+/g, ' ').trim();
  return line.length <= 2048 ? line : `${line.slice(0, 2047)}…`;
}
