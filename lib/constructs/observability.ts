import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  Metric,
  SingleValueWidget,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { jobsFailed, metricsNamespace, type SweepMetric } from '../function/metrics.ts';
import type { Reconciler } from './reconciler.ts';
import type { RotatorFunction } from './rotator-function.ts';
import { namesOf, type Settings } from './settings.ts';

export interface ObservabilityProps {
  /** By provider. */
  readonly rotators: ReadonlyMap<string, RotatorFunction>;
  readonly reconciler: Reconciler;
  readonly failures: IQueue;
  /** Who is told of every alarm, and that it is over. */
  readonly operators: ITopic;
  /** @default an installation called `keyturn` */
  readonly settings?: Settings;
}

/**
 * A dashboard, and an alarm for each thing that nobody would notice: a rotation or a job that failed, a token that is overdue, a reconciler
 * that is silent or fails, work that waits, and work that was given up.
 */
export class Observability extends Construct {
  readonly dashboard: Dashboard;
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id);
    const { rotators, reconciler, failures, operators, settings = {} } = props;
    const names = namesOf(settings);
    const { prefix } = names;
    const sweep = reconciler.function.lambda;
    const counted = (metricName: SweepMetric | typeof jobsFailed, statistic = 'Maximum', period = Duration.hours(1)) =>
      new Metric({ namespace: metricsNamespace, metricName, dimensionsMap: { Installation: prefix }, statistic, period });
    const quarter = { statistic: 'Sum', period: Duration.minutes(15) };
    const working = new Map([
      ...[...rotators].map(([provider, rotator]) => [names.rotator(provider), rotator.function] as const),
      [names.reconciler, reconciler.function] as const,
    ]);
    const waits = [...working].flatMap(([name, { queue }]) => {
      const period = Duration.minutes(15);
      const metric = queue?.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period, label: name });
      return metric === undefined ? [] : [{ name, metric: metric as Metric }];
    });
    const rotatorsErrors = [...rotators].map(([provider, rotator]) => ({
      provider,
      metric: rotator.function.lambda.metricErrors({ ...quarter, label: provider }),
    }));

    const alarm = (name: string, description: string, metric: Metric, more: { threshold?: number; isSilence?: boolean } = {}) => {
      const made = new Alarm(this, name, {
        alarmDescription: description,
        metric,
        evaluationPeriods: 1,
        threshold: more.threshold ?? 1,
        comparisonOperator: more.isSilence
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: more.isSilence ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      });
      made.addAlarmAction(new SnsAction(operators));
      made.addOkAction(new SnsAction(operators));
      return made;
    };
    this.alarms = [
      ...rotatorsErrors.map(({ provider, metric }) =>
        alarm(
          `Failed-${provider}`,
          `${prefix}: a step for a token of ${provider} failed, or the function as a whole. The log of ${prefix}-rotate-${provider} has one sentence, and what to do.`,
          metric,
        ),
      ),
      ...waits.map(({ name, metric }) =>
        alarm(
          `Waiting-${name.slice(prefix.length + 1)}`,
          `${prefix}: a message has waited for an hour in the queue ${name}. See whether its function runs, and is handed messages.`,
          metric,
          { threshold: Duration.hours(1).toSeconds() },
        ),
      ),
      alarm(
        'JobsFailed',
        `${prefix}: a job of a sweep failed for good. The log of the provider's function says why (job.failed).`,
        counted(jobsFailed, 'Sum', Duration.minutes(15)),
      ),
      alarm(
        'Overdue',
        `${prefix}: a token was not rotated when it was due. The reconciler's log names it (token.overdue).`,
        counted('Overdue'),
      ),
      alarm(
        'Dead',
        `${prefix}: a provider refuses a token that is in use. People were told which, and a new one is made where that can be done.`,
        counted('Dead'),
      ),
      alarm(
        'Parked',
        `${prefix}: a rotation failed for good and waits. People were told which; \`keyturn status\` says why.`,
        counted('Parked'),
      ),
      alarm(
        'Unseen',
        `${prefix}: a secret could not be looked at. The reconciler's log says why (sweep.failed).`,
        counted('Failed'),
      ),
      alarm(
        'Silent',
        `${prefix}: the reconciler has not run for an hour, so nothing is retired or noticed.`,
        sweep.metricInvocations({ statistic: 'Sum', period: Duration.hours(1) }),
        { isSilence: true },
      ),
      alarm('ReconcilerFailed', `${prefix}: a sweep of the reconciler failed as a whole.`, sweep.metricErrors(quarter)),
      alarm(
        'GivenUp',
        `${prefix}: work was given up or an event reached nobody: see the messages in the queue of failures.`,
        failures.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: Duration.minutes(5) }) as Metric,
      ),
    ];

    this.dashboard = new Dashboard(this, 'Dashboard', { dashboardName: prefix, defaultInterval: Duration.days(7) });
    this.dashboard.addWidgets(
      new SingleValueWidget({
        title: 'Tokens',
        metrics: (['Tokens', 'Overdue', 'Parked', 'Dead', 'Held', 'Debt', 'Strays', 'Paused', 'Failed'] as const).map((name) =>
          counted(name),
        ),
        width: 24,
        height: 4,
      }),
    );
    this.dashboard.addWidgets(
      new GraphWidget({ title: 'Asked of the rotators', left: [counted('Jobs', 'Sum')], width: 12 }),
      new GraphWidget({
        title: 'Days: the oldest token, and until the first expires',
        left: [counted('OldestDays'), counted('SoonestExpiryDays', 'Minimum')],
        width: 12,
      }),
    );
    this.dashboard.addWidgets(
      new GraphWidget({
        title: 'Steps and jobs that failed',
        left: [...rotatorsErrors.map(({ metric }) => metric), counted(jobsFailed, 'Sum', Duration.minutes(15))],
        width: 12,
      }),
      new GraphWidget({
        title: 'Sweeps',
        left: [sweep.metricInvocations(quarter), sweep.metricErrors(quarter)],
        right: [sweep.metricDuration({ statistic: 'Maximum', period: Duration.minutes(15) })],
        width: 12,
      }),
      new GraphWidget({ title: 'How long jobs wait', left: waits.map(({ metric }) => metric), width: 12 }),
      new GraphWidget({ title: 'Given up', left: [failures.metricApproximateNumberOfMessagesVisible()], width: 12 }),
    );
  }
}
