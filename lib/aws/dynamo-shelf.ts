import { randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { RotationError } from '../engine/errors.ts';
import type { Expected, Item, Revision, Shelf } from '../history/shelf.ts';
import { table } from '../history/table.ts';
import { type ClientConfiguration, clientOptions } from './clients.ts';
import { nameOf } from './errors.ts';

type Attributes = Record<string, AttributeValue>;

/** A shelf that is a table of DynamoDB. It reads what is there now, and pages. Of an error the class is kept, and never its text. */
export function openDynamoShelf(configuration: ClientConfiguration, tableName: string): Shelf {
  return createDynamoShelf(new DynamoDBClient(clientOptions(configuration)), tableName);
}

/** The same as a person has it, with whatever their AWS settings say. */
export function openDynamoShelfOf(person: { readonly region?: string; readonly profile?: string }, tableName: string): Shelf {
  return createDynamoShelf(new DynamoDBClient(person), tableName);
}

function createDynamoShelf(client: DynamoDBClient, tableName: string): Shelf {
  const TableName = tableName;

  async function query(input: Omit<QueryCommandInput, 'TableName'>, most = Number.POSITIVE_INFINITY): Promise<readonly Item[]> {
    const items: Item[] = [];
    let from: Attributes | undefined;
    do {
      const page = { ...input, TableName, ConsistentRead: true, ...(from === undefined ? {} : { ExclusiveStartKey: from }) };
      const answer = await client.send(new QueryCommand(page)).catch(refuse('Query', tableName));
      items.push(...(answer.Items ?? []).flatMap(itemOf));
      from = answer.LastEvaluatedKey;
    } while (from !== undefined && items.length < most);
    return items.slice(0, most);
  }

  async function get(partition: string, key: string): Promise<Attributes | undefined> {
    const input = { TableName, Key: keyOf(partition, key), ConsistentRead: true };
    return (await client.send(new GetItemCommand(input)).catch(refuse('GetItem', tableName))).Item;
  }

  return {
    list: (partition, keyPrefix = '') =>
      query({
        KeyConditionExpression:
          keyPrefix === '' ? '#partition = :partition' : '#partition = :partition AND begins_with(#key, :prefix)',
        ExpressionAttributeNames: { '#partition': table.partition, ...(keyPrefix === '' ? {} : { '#key': table.key }) },
        ExpressionAttributeValues: {
          ':partition': { S: partition },
          ...(keyPrefix === '' ? {} : { ':prefix': { S: keyPrefix } }),
        },
      }),
    newest: (partition, most) =>
      query(
        {
          IndexName: table.newestIndex,
          KeyConditionExpression: '#partition = :partition',
          ExpressionAttributeNames: { '#partition': table.partition },
          ExpressionAttributeValues: { ':partition': { S: partition } },
          ScanIndexForward: false,
          Limit: most,
        },
        most,
      ),
    async read(partition, key) {
      const found = await get(partition, key);
      return found === undefined ? undefined : itemOf(found)[0];
    },
    async put(item, expected) {
      const writer = randomUUID();
      const input = { TableName, Item: attributesOf(item, writer), ...conditionOf(expected) };
      const isPut = await taken(client.send(new PutItemCommand(input)), 'PutItem', tableName);
      // The SDK may have sent it twice, and the second was refused because of the first.
      return isPut || (await get(item.partition, item.key))?.[table.writer]?.S === writer;
    },
    remove: (partition, key, expected) =>
      taken(
        client.send(new DeleteItemCommand({ TableName, Key: keyOf(partition, key), ...conditionOf(expected) })),
        'DeleteItem',
        tableName,
      ),
  };
}

function keyOf(partition: string, key: string): Attributes {
  return { [table.partition]: { S: partition }, [table.key]: { S: key } };
}

function attributesOf({ partition, key, content, at, revision, expiresAt }: Item, writer: string): Attributes {
  return {
    ...keyOf(partition, key),
    [table.content]: { S: JSON.stringify(content) },
    [table.writer]: { S: writer },
    ...(at === undefined ? {} : { [table.at]: { N: String(at) } }),
    ...(revision === undefined ? {} : { [table.revision]: { N: String(revision) } }),
    ...(expiresAt === undefined ? {} : { [table.expiresAt]: { N: String(Math.ceil(expiresAt / 1000)) } }),
  };
}

/** Nothing where a person has put in something that is none of ours. */
function itemOf(attributes: Attributes): readonly Item[] {
  const { [table.partition]: partition, [table.key]: key, [table.content]: content } = attributes;
  if (partition?.S === undefined || key?.S === undefined || content?.S === undefined) return [];
  try {
    return [{ partition: partition.S, key: key.S, content: JSON.parse(content.S) }];
  } catch {
    return [];
  }
}

function conditionOf(expected: Expected | undefined): Partial<{
  ConditionExpression: string;
  ExpressionAttributeNames: Record<string, string>;
  ExpressionAttributeValues: Attributes;
}> {
  if (expected === undefined) return {};
  if (expected === 'nothing')
    return { ConditionExpression: 'attribute_not_exists(#key)', ExpressionAttributeNames: { '#key': table.key } };
  return {
    ConditionExpression: '#revision = :revision',
    ExpressionAttributeNames: { '#revision': table.revision },
    ExpressionAttributeValues: { ':revision': { N: String((expected satisfies Revision).revision) } },
  };
}

/** False where another thing stood there than was expected. */
async function taken(sent: Promise<unknown>, operation: string, tableName: string): Promise<boolean> {
  try {
    await sent;
    return true;
  } catch (error) {
    if (nameOf(error) === 'ConditionalCheckFailedException') return false;
    throw refuse(operation, tableName)(error);
  }
}

/** All of it is `unavailable`: a history that cannot be asked is a reason to wait, and never one to take a rotation apart. */
function refuse(operation: string, tableName: string): (error: unknown) => never {
  return (error) => {
    const name = nameOf(error);
    const why = name === '' ? 'got no answer' : `answered ${name}`;
    throw new RotationError('unavailable', `keyturn: ${operation} on the table ${tableName} ${why}`, {
      fix: fixes[name] ?? 'Nothing to do: it is tried again.',
    });
  };
}

const fixes: Readonly<Record<string, string>> = {
  AccessDeniedException:
    'Deploy again: the role of this function lacks its right to the table, or a policy of your account denies it.',
  ResourceNotFoundException:
    'Deploy again: the table is gone. An empty one is enough, because everything in it is found out again.',
  ValidationException: 'Deploy again with one version of Keyturn: the table is made by the deployment.',
};
