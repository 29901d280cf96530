import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Artifact } from './generate.ts';

// The picture of the architecture, drawn from the template of the example catalog: what is not deployed is not in it.

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

interface Box {
  readonly id: string;
  readonly title: string;
  readonly detail: string;
  readonly column: number;
}

interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly says: string;
}

interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape.
  readonly Properties: any;
}

/** Synthesises the example catalog and draws its stack. The same template always gives the same picture. */
export async function architecturePicture(): Promise<Artifact> {
  process.env['CDK_VALIDATION'] = 'false'; // three seconds, for what a test looks at
  const { App } = await import('aws-cdk-lib');
  const { addKeyturn } = await import('../lib/constructs/keyturn-app.ts');
  const { prepare } = await import('../lib/constructs/prepare.ts');
  const scratch = mkdtempSync(join(tmpdir(), 'keyturn-picture-'));
  try {
    const codeFolder = join(scratch, 'code');
    mkdirSync(codeFolder);
    writeFileSync(join(codeFolder, 'rotate.mjs'), ''); // what is in the functions is not in the picture
    const props = {
      catalog: join(root, 'catalog'),
      isFrozen: true,
      codeFolder,
      stagingFolder: join(scratch, 'staging'),
      alarmsEmail: 'operators@example.com',
    };
    const prepared = await prepare(props);
    const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { context: Record<string, unknown> };
    const app = new App({ context, outdir: join(scratch, 'cdk.out'), analyticsReporting: false });
    addKeyturn(app, props, prepared);
    const { template } = app.synth().getStackByName('keyturn');
    const hosts = [...new Set(prepared.catalog.entries.flatMap(({ needs }) => needs.hosts))].sort();
    return { path: 'docs/pictures/architecture.svg', text: draw(...partsOf(template.Resources, hosts)) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function partsOf(resources: Readonly<Record<string, Resource>>, hosts: readonly string[]): [readonly Box[], readonly Arrow[]] {
  const all = Object.entries(resources);
  const of = (type: string) => all.filter(([, { Type }]) => Type === `AWS::${type}`);
  const names = (value: unknown) =>
    [...JSON.stringify(value).matchAll(/"(?:Ref|Fn::GetAtt)":\[?"(\w+)"/g)].map(([, id = '']) => id);
  const functions = of('Lambda::Function');
  const byName = (name: string) => functions.find(([, { Properties }]) => Properties.FunctionName === name)?.[0];
  const isReconciler = (id: string) => id.startsWith('Reconciler');
  const isTeller = (id: string) => id.startsWith('Teller');
  const boxes: Box[] = [];
  const arrows: Arrow[] = [];
  const box = (id: string, column: number, title: string, detail: string) => boxes.push({ id, column, title, detail });
  const arrow = (from: string | undefined, to: string | undefined, says: string) => {
    if (from !== undefined && to !== undefined) arrows.push({ from, to, says });
  };

  for (const [id, { Properties }] of functions)
    box(
      id,
      isReconciler(id) ? 1 : isTeller(id) ? 5 : 3,
      Properties.FunctionName,
      isReconciler(id)
        ? 'Lambda: plans, reads no value'
        : isTeller(id)
          ? 'Lambda: e-mail, Slack, webhooks'
          : 'Lambda: one a provider, one role each',
    );
  for (const [id, { Properties }] of of('Events::Rule')) {
    const isOurs = Properties.EventPattern?.source?.[0] === 'keyturn';
    if (!isOurs && !names(Properties.Targets).some(isTeller))
      box(id, 0, Properties.ScheduleExpression ?? 'Secret Label Updated', 'EventBridge rule');
    for (const { Arn: target } of Properties.Targets)
      for (const to of names(target))
        arrow(isOurs ? names(Properties.EventBusName)[0] : id, to, isOurs ? 'what needs people' : 'sweep');
  }
  for (const [id, { Properties }] of of('SecretsManager::Secret')) box(id, 4, Properties.Name, 'Secrets Manager: kept for ever');
  for (const [, { Properties }] of of('SecretsManager::RotationSchedule')) {
    const name = /:function:([\w-]+)/.exec(JSON.stringify(Properties.RotationLambdaARN))?.[1] ?? '';
    arrow(names(Properties.SecretId)[0], byName(name), Properties.RotationRules.ScheduleExpression);
  }
  for (const [id, { Properties }] of of('Events::EventBus'))
    box(id, 4, `bus ${Properties.Name}`, 'EventBridge: all that happens');
  for (const [id, { Properties }] of of('DynamoDB::Table'))
    box(id, 4, `table ${Properties.TableName}`, 'DynamoDB: receipts, and what happened');
  const queues = of('SQS::Queue');
  const queueByName = (name: string) => queues.find(([, { Properties }]) => Properties.QueueName === name)?.[0];
  for (const [id, { Properties }] of queues) {
    const { QueueName: name, RedrivePolicy: redrive } = Properties;
    if (name === undefined) box(id, 4, 'failures', 'SQS: what was given up');
    else box(id, 2, `queue ${name}`, isReconciler(id) ? 'SQS: the rest of a sweep' : 'SQS: jobs, one queue a provider');
    if (redrive !== undefined) arrow(id, names(redrive)[0], 'three times in vain');
  }
  for (const [, { Properties }] of of('Lambda::EventSourceMapping'))
    arrow(names(Properties.EventSourceArn)[0], names(Properties.FunctionName)[0], 'one at a time');
  for (const [id, { Properties }] of of('SNS::Topic')) box(id, 6, Properties.DisplayName, 'SNS, e-mail');
  box('hosts', 4, hosts.map((host) => new URL(host).host).join(', '), 'the only hosts that may be called');
  for (const [id, { Properties }] of functions) {
    const { KEYTURN_BUS: bus = '', KEYTURN_TABLE: table = '' } = Properties.Environment.Variables;
    if (!isTeller(id)) arrow(id, names(bus)[0], 'tells');
    arrow(id, names(table)[0], 'remembers');
    if (!isReconciler(id) && !isTeller(id)) arrow(id, 'hosts', 'mint, verify, write, revoke');
  }
  // A column for itself behind what it writes to.
  for (const [id] of functions) if (isTeller(id)) for (const [topic] of of('SNS::Topic')) arrow(id, topic, 'what needs people');
  for (const [, { Properties }] of of('Lambda::EventInvokeConfig'))
    arrow(names(Properties.FunctionName)[0], names(Properties.DestinationConfig)[0], 'failed');
  for (const [id, { Properties }] of of('IAM::Policy')) {
    if (!isReconciler(id)) continue;
    for (const { Action, Resource } of Properties.PolicyDocument.Statement)
      for (const [, name = ''] of Action === 'sqs:SendMessage' ? JSON.stringify(Resource).matchAll(/:([\w-]+)"/g) : [])
        arrow(
          functions.find(([each]) => isReconciler(each))?.[0],
          queueByName(name),
          isReconciler(queueByName(name) ?? '') ? 'hands on' : 'asks for jobs',
        );
  }
  const alarms = of('CloudWatch::Alarm');
  box('alarms', 4, `${alarms.length} alarms, a dashboard`, 'CloudWatch');
  for (const to of new Set(alarms.flatMap(([, { Properties }]) => names(Properties.AlarmActions)))) arrow('alarms', to, 'alarm');
  const seen = new Set<string>();
  const unique = arrows.filter(({ from, to, says }) => !seen.has(`${from} ${to} ${says}`) && seen.add(`${from} ${to} ${says}`));
  return [boxes, unique.filter(({ from, to }) => [from, to].every((id) => boxes.some((each) => each.id === id)))];
}

const width = 236;
const height = 58;
const gap = { x: 96, y: 30 };

function draw(boxes: readonly Box[], arrows: readonly Arrow[]): string {
  const columns = [0, 1, 2, 3, 4, 5, 6].map((column) => boxes.filter((each) => each.column === column));
  const tallest = Math.max(...columns.map((column) => column.length));
  const total = { x: columns.length * (width + gap.x) - gap.x + 40, y: tallest * (height + gap.y) - gap.y + 40 };
  const place = new Map<string, { x: number; y: number }>();
  for (const [index, column] of columns.entries()) {
    const top = (total.y - (column.length * (height + gap.y) - gap.y)) / 2;
    for (const [row, { id }] of column.entries())
      place.set(id, { x: 20 + index * (width + gap.x), y: top + row * (height + gap.y) });
  }
  const at = (id: string) => place.get(id) ?? { x: 0, y: 0 };
  const lines = arrows.map(({ from, to, says }) => {
    const [a, b] = [at(from), at(to)];
    const isBack = a.x > b.x;
    const start = { x: isBack ? a.x : a.x + width, y: a.y + height / 2 };
    const end = { x: isBack ? b.x + width : b.x, y: b.y + height / 2 };
    const middle = (start.x + end.x) / 2;
    const label = { x: middle, y: (start.y + end.y) / 2 - 5 };
    return `<path d="M${start.x} ${start.y} C${middle} ${start.y} ${middle} ${end.y} ${end.x} ${end.y}" fill="none" stroke="#6e7681" stroke-width="1.3" marker-end="url(#end)"/>
<text x="${label.x}" y="${label.y}" text-anchor="middle" font-size="11" fill="#8a919e">${escaped(says)}</text>`;
  });
  const rectangles = boxes.map(({ id, title, detail }) => {
    const { x, y } = at(id);
    return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6" fill="#22262e" stroke="#3d444d"/>
<text x="${x + 12}" y="${y + 24}" font-size="13" font-weight="bold" fill="#ffffff">${escaped(shortened(title))}</text>
<text x="${x + 12}" y="${y + 43}" font-size="11.5" fill="#8a919e">${escaped(detail)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total.x} ${total.y}" width="${total.x}" role="img" aria-label="What is deployed, and who calls whom">
<defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#6e7681"/></marker></defs>
<rect width="100%" height="100%" rx="8" fill="#16181d"/>
<g font-family="system-ui, -apple-system, Segoe UI, Roboto, sans-serif">
${lines.join('\n')}
${rectangles.join('\n')}
</g>
</svg>
`;
}

function shortened(text: string): string {
  return text.length <= 33 ? text : `${text.slice(0, 32)}…`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
