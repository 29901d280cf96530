import { AwsError, invalidParameter } from '../aws-error.ts';
import { alive, type Call, findToRead, idOf, present, seconds } from './call.ts';
import type { Input } from './input.ts';
import { inOrder } from './labels.ts';
import { replicationStatus } from './replication.ts';
import type { Secret, Tag } from './state.ts';

export function describeSecret(call: Call, input: Input<'DescribeSecret'>) {
  const secret = findToRead(call, input.SecretId, { deleted: true });
  const { VersionIdsToStages, ...details } = detailsOf(call, secret);
  return present({ ...details, VersionIdsToStages, ReplicationStatus: replicationStatus(secret) });
}

export function listSecrets(call: Call, input: Input<'ListSecrets'>) {
  const { secrets, nextToken } = listMatching(call, input);
  const entries = secrets.map((secret) => {
    // The list has a name of its own for the map.
    const { VersionIdsToStages, ...details } = detailsOf(call, secret);
    return present({ ...details, SecretVersionsToStages: VersionIdsToStages });
  });
  return present({ SecretList: entries, NextToken: nextToken });
}

/** One page of the secrets that match, as old as the switch `listLagSeconds` says. */
export function listMatching(
  call: Call,
  { Filters = [], SortBy = 'created-date', SortOrder, MaxResults = 100, NextToken, IncludePlannedDeletion }: Input<'ListSecrets'>,
): { secrets: Secret[]; nextToken: string | undefined } {
  const lag = call.switches.listLagSeconds;
  const seen = lag > 0 ? call.state.allAsOf(call.now - lag * 1000) : call.state.all().filter((secret) => alive(call, secret));
  const matches = Filters.map(matcher);
  const direction = SortOrder === 'desc' ? -1 : 1;
  const sorted = seen
    .filter((secret) => secret.region === call.region && secret.accountId === call.accountId)
    .filter((secret) => IncludePlannedDeletion || !secret.deletion)
    .filter((secret) => matches.every((isMatch) => isMatch(secret)))
    .sort((a, b) => direction * compare(sortKeys[SortBy](a), sortKeys[SortBy](b)) || compare(a.arn, b.arn));
  const { items, nextToken } = pageOf(sorted, (secret) => secret.arn, MaxResults, NextToken);
  return { secrets: items, nextToken };
}

export function listSecretVersionIds(call: Call, input: Input<'ListSecretVersionIds'>) {
  const secret = findToRead(call, input.SecretId, { deleted: true });
  // An id that a rotation has announced is no version until it has a value.
  const versions = secret.versions
    .filter((version) => version.value && (version.labels.length > 0 || input.IncludeDeprecated))
    .sort((a, b) => a.createdAt - b.createdAt || compare(a.id, b.id));
  const ordered = call.switches.answerOrder === 'ascending' ? versions : versions.reverse();
  const { items, nextToken } = pageOf(ordered, (version) => version.id, input.MaxResults ?? 100, input.NextToken);
  return present({
    ...idOf(secret),
    Versions: items.map((version) =>
      present({
        VersionId: version.id,
        VersionStages: version.labels.length > 0 ? inOrder(version.labels, call.switches) : undefined,
        LastAccessedDate: seconds(version.accessedOn),
        CreatedDate: seconds(version.createdAt),
        KmsKeyIds: [version.kmsKeyId ?? 'DefaultEncryptionKey'],
      }),
    ),
    NextToken: nextToken,
  });
}

function detailsOf(call: Call, secret: Secret) {
  const { rotation, deletion } = secret;
  const { deletedDate, lastRotatedDateAfterCancel } = call.switches;
  const labelled = secret.versions.filter((version) => version.labels.length > 0);
  return present({
    ...idOf(secret),
    Type: secret.type,
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    RotationEnabled: rotation?.enabled,
    RotationLambdaARN: rotation?.functionArn,
    RotationRules: rotation?.rules && { ...rotation.rules },
    ExternalSecretRotationMetadata: rotation?.external?.metadata?.map((item) => ({ ...item })),
    ExternalSecretRotationRoleArn: rotation?.external?.roleArn,
    LastRotatedDate: rotation?.enabled || lastRotatedDateAfterCancel === 'kept' ? seconds(rotation?.lastRotatedAt) : undefined,
    LastChangedDate: seconds(secret.changedAt),
    LastAccessedDate: seconds(secret.accessedOn),
    DeletedDate: seconds(deletedDate === 'scheduled' ? deletion?.scheduledAt : deletion?.requestedAt),
    NextRotationDate: seconds(rotation?.nextRotationAt),
    Tags: secret.tags?.map((tag) => ({ ...tag })),
    VersionIdsToStages:
      labelled.length > 0
        ? Object.fromEntries(labelled.map((version) => [version.id, inOrder(version.labels, call.switches)]))
        : undefined,
    CreatedDate: seconds(secret.createdAt),
    PrimaryRegion: secret.replicaOf ?? (secret.replicas ? secret.region : undefined),
  });
}

type Filter = NonNullable<Input<'ListSecrets'>['Filters']>[number];
type Matcher = (secret: Secret) => boolean;

/** One filter: some value of it matches. With `!` in front, a value matches what it otherwise would not. */
function matcher({ Key, Values }: Filter): Matcher {
  if (!Key) throw invalidParameter('Invalid filter key');
  if (!Values) throw invalidParameter(`Invalid filter values for key: ${Key}`);
  const attributes = attributesOf[Key];
  const matchers = Values.map((value): Matcher => {
    const wanted = value.replace(/^!/, '');
    const isMatch: Matcher =
      Key === 'all' || Key === 'description'
        ? (secret) => hasAllWords(attributes(secret), wanted)
        : (secret) => attributes(secret).some((attribute) => attribute.startsWith(wanted));
    return wanted === value ? isMatch : (secret) => !isMatch(secret);
  });
  return (secret) => matchers.some((isMatch) => isMatch(secret));
}

const textsOf = (tags: readonly Tag[] = [], part: 'Key' | 'Value') => tags.map((tag) => tag[part] ?? '');

const attributesOf: Record<NonNullable<Filter['Key']>, (secret: Secret) => string[]> = {
  name: (secret) => [secret.name],
  description: (secret) => [secret.description ?? ''],
  'tag-key': (secret) => textsOf(secret.tags, 'Key'),
  'tag-value': (secret) => textsOf(secret.tags, 'Value'),
  'primary-region': (secret) => (secret.replicaOf ? [secret.replicaOf] : secret.replicas ? [secret.region] : []),
  // Only AWS's own services own secrets, and none of them is here.
  'owning-service': () => [],
  all: ({ name, description = '', tags }) => [name, description, ...textsOf(tags, 'Key'), ...textsOf(tags, 'Value')],
};

/** Every word of the wanted text begins some word of the attributes, whatever the case. */
function hasAllWords(attributes: readonly string[], wanted: string): boolean {
  const words = attributes.flatMap(wordsOf);
  const wantedWords = wordsOf(wanted);
  return wantedWords.length > 0 && wantedWords.every((wantedWord) => words.some((word) => word.startsWith(wantedWord)));
}

/** Cut at everything that is no letter or digit, and where a capital begins a word: `prodAPIKey` is prod, API, Key. */
const wordsOf = (text: string) =>
  text
    .replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, ' ')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');

const sortKeys: Record<NonNullable<Input<'ListSecrets'>['SortBy']>, (secret: Secret) => string | number> = {
  name: (secret) => secret.name,
  'created-date': (secret) => secret.createdAt,
  'last-changed-date': (secret) => secret.changedAt,
  'last-accessed-date': (secret) => secret.accessedOn ?? 0,
};

const compare = (a: string | number, b: string | number) => (a < b ? -1 : a > b ? 1 : 0);

/** The token names the last item given, so that nothing is given twice when items come or go between pages. */
function pageOf<Item>(items: readonly Item[], idOf: (item: Item) => string, size: number, token: string | undefined) {
  let start = 0;
  if (token !== undefined) {
    const { after, index } = readToken(token);
    const found = items.findIndex((item) => idOf(item) === after);
    start = found >= 0 ? found + 1 : index;
  }
  const page = items.slice(start, start + size);
  const end = start + page.length;
  const last = page.at(-1);
  const nextToken = end < items.length && last !== undefined ? writeToken({ after: idOf(last), index: end }) : undefined;
  return { items: page, nextToken };
}

const writeToken = (place: { after: string; index: number }) => Buffer.from(JSON.stringify(place)).toString('base64url');

function readToken(token: string): { after: string; index: number } {
  try {
    const place = JSON.parse(Buffer.from(token, 'base64url').toString()) as { after: unknown; index: unknown };
    if (typeof place.after === 'string' && Number.isSafeInteger(place.index) && Number(place.index) >= 0) {
      return { after: place.after, index: Number(place.index) };
    }
  } catch {
    // Not one of ours: answered like any other wrong token.
  }
  throw new AwsError('InvalidNextTokenException', 'The NextToken value is invalid.');
}
