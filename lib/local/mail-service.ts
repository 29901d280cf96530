import { randomUUID } from 'node:crypto';
import type { RestAnswer, RestRequest } from './aws-endpoint.ts';

/** A message as it reached an address. */
export interface Letter {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Subscriptions of e-mail to one topic, and what was delivered to each. */
export interface MailService {
  readonly topicArn: string;
  readonly letters: readonly Letter[];
  /** Invitations that were sent, in their order. */
  readonly invitations: readonly string[];
  /** Somebody follows the link of their invitation. */
  confirm(address: string): void;
  /** Two days have passed: an invitation that nobody followed is gone, with its subscription. */
  expire(address: string): void;
  /** For the endpoint to ask, where nothing else knows a request. */
  answer(request: RestRequest): Promise<RestAnswer | undefined>;
}

export interface MailOptions {
  readonly onLetter?: (letter: Letter) => void;
  /** Everybody follows the link of their invitation at once. */
  readonly confirms?: boolean;
}

interface Subscription {
  readonly endpoint: string;
  readonly filter: string | undefined;
  isConfirmed: boolean;
}

type Fields = ReadonlyMap<string, string>;

const mostInPage = 100;
const mostBytes = 262_144;

/**
 * SNS as far as e-mail goes, in its own protocol and as strict as it is: subjects of fewer than 100 ASCII characters, filters compared to the
 * letter, and no message for an address that has not confirmed.
 */
export function createMailService(
  topicArn = 'arn:aws:sns:us-east-1:000000000000:keyturn-people',
  { onLetter = () => {}, confirms = false }: MailOptions = {},
): MailService {
  const subscriptions = new Map<string, Subscription>();
  const letters: Letter[] = [];
  const invitations: string[] = [];

  const operations: Readonly<Record<string, (fields: Fields) => string>> = {
    Publish(fields) {
      const [text, subject] = [fields.get('Message') ?? '', fields.get('Subject')];
      if (text === '') throw invalid('Message', 'Empty message');
      if (subject !== undefined && !isSubject(subject)) throw invalid('Subject');
      if (Buffer.byteLength(text, 'utf8') > mostBytes) throw invalid('Message', 'Message too long');
      const attributes = attributesOf(fields, 'MessageAttributes.entry', 'Name', 'Value.StringValue');
      for (const each of subscriptions.values()) {
        if (!each.isConfirmed || !isWanted(each, attributes)) continue;
        const letter = { to: each.endpoint, subject: subject ?? '', text };
        letters.push(letter);
        onLetter(letter);
      }
      return `<MessageId>${randomUUID()}</MessageId>`;
    },

    Subscribe(fields) {
      const [endpoint, protocol] = [fields.get('Endpoint') ?? '', fields.get('Protocol')];
      if (protocol !== 'email') throw invalid('Protocol');
      if (!/^[^\s@]+@[^\s@]+$/.test(endpoint)) throw invalid('Endpoint', `Invalid email endpoint ${endpoint}`);
      const filter = attributesOf(fields, 'Attributes.entry', 'key', 'value').get('FilterPolicy');
      if (filter !== undefined && !isFilter(filter)) throw invalid('FilterPolicy');
      const known = subscriptions.get(endpoint);
      if (known?.isConfirmed && known.filter !== filter)
        throw invalid('Attributes', 'Subscription already exists with different attributes');
      if (known?.isConfirmed !== true) {
        subscriptions.set(endpoint, { endpoint, filter, isConfirmed: confirms });
        invitations.push(endpoint);
      }
      return `<SubscriptionArn>${known?.isConfirmed ? arnOf(endpoint) : 'pending confirmation'}</SubscriptionArn>`;
    },

    ListSubscriptionsByTopic(fields) {
      const from = Number(fields.get('NextToken') ?? 0);
      const all = [...subscriptions.values()];
      const members = all.slice(from, from + mostInPage).map(({ endpoint, isConfirmed }) => {
        const arn = isConfirmed ? arnOf(endpoint) : 'PendingConfirmation';
        return `<member><Owner>000000000000</Owner><Protocol>email</Protocol><TopicArn>${topicArn}</TopicArn><SubscriptionArn>${arn}</SubscriptionArn><Endpoint>${xml(endpoint)}</Endpoint></member>`;
      });
      const next = from + mostInPage < all.length ? `<NextToken>${from + mostInPage}</NextToken>` : '';
      return `<Subscriptions>${members.join('')}</Subscriptions>${next}`;
    },
  };

  function arnOf(endpoint: string): string {
    return `${topicArn}:${Buffer.from(endpoint).toString('hex').slice(0, 32)}`;
  }

  return {
    topicArn,
    letters,
    invitations,
    confirm(address) {
      const known = subscriptions.get(address);
      if (known !== undefined) known.isConfirmed = true;
    },
    expire(address) {
      if (subscriptions.get(address)?.isConfirmed === false) subscriptions.delete(address);
    },
    async answer({ method, path, body }) {
      const fields: Fields = new Map(new URLSearchParams(body.toString('utf8')));
      const action = fields.get('Action') ?? '';
      if (method !== 'POST' || path !== '/' || fields.get('Version') !== '2010-03-31') return undefined;
      try {
        const operation = Object.hasOwn(operations, action) ? operations[action] : undefined;
        if (operation === undefined) throw new Refusal('InvalidAction', 400, 'There is no such action.');
        if (fields.get('TopicArn') !== topicArn) throw new Refusal('NotFound', 404, 'Topic does not exist');
        const result = operation(fields);
        return answered(
          200,
          `<${action}Response ${namespace}><${action}Result>${result}</${action}Result>${metadata()}</${action}Response>`,
        );
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const said = `<Type>Sender</Type><Code>${error.code}</Code><Message>${xml(error.message)}</Message>`;
        return answered(error.status, `<ErrorResponse ${namespace}><Error>${said}</Error>${metadata()}</ErrorResponse>`);
      }
    },
  };
}

class Refusal extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

function invalid(parameter: string, why = ''): Refusal {
  return new Refusal('InvalidParameter', 400, `Invalid parameter: ${parameter}${why === '' ? '' : ` Reason: ${why}`}`);
}

/** It begins with a letter, a digit or a sign, and stays ASCII and on one line. */
function isSubject(subject: string): boolean {
  return subject.length < 100 && /^[\x21-\x7e][\x20-\x7e]*$/.test(subject);
}

/** `{"name": ["value"]}`: the only form that is used here. */
function isFilter(text: string): boolean {
  try {
    const policy: unknown = JSON.parse(text);
    const values = typeof policy === 'object' && policy !== null ? Object.values(policy) : [];
    return values.length > 0 && values.every((each) => Array.isArray(each) && each.every((value) => typeof value === 'string'));
  } catch {
    return false;
  }
}

function isWanted({ filter }: Subscription, attributes: ReadonlyMap<string, string>): boolean {
  if (filter === undefined) return true;
  const policy = JSON.parse(filter) as Readonly<Record<string, readonly string[]>>;
  return Object.entries(policy).every(([name, values]) => values.includes(attributes.get(name) ?? ''));
}

/** `Attributes.entry.1.key=…&Attributes.entry.1.value=…` */
function attributesOf(fields: Fields, prefix: string, name: string, value: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (let index = 1; fields.has(`${prefix}.${index}.${name}`); index += 1)
    found.set(fields.get(`${prefix}.${index}.${name}`) ?? '', fields.get(`${prefix}.${index}.${value}`) ?? '');
  return found;
}

const namespace = 'xmlns="http://sns.amazonaws.com/doc/2010-03-31/"';

function metadata(): string {
  return `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`;
}

function answered(status: number, body: string): RestAnswer {
  return { status, headers: { 'content-type': 'text/xml' }, body };
}

function xml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
