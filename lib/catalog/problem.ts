type Severity = 'error' | 'warning';

interface Meaning {
  readonly severity: Severity;
  readonly says: string;
}

const error = (says: string): Meaning => ({ severity: 'error', says });
const warning = (says: string): Meaning => ({ severity: 'warning', says });

const meanings = {
  // the folder and its files
  folder: error('The catalog folder cannot be read.'),
  'no-keyturn-file': error('The folder has no keyturn.yaml with the people and teams.'),
  'no-tokens': warning('The folder holds no token.'),
  'file-name': error('The file name is not a name for a token, or the file is not where it belongs.'),
  'same-name': error('Two things that are told apart by their name have the same one.'),
  'too-large-file': error('The file is larger than any catalog file needs to be.'),
  'not-utf8': error('The file is not UTF-8 text.'),
  'empty-file': error('The file is empty, or nothing but comments.'),
  // YAML
  syntax: error('The file is not well-formed YAML.'),
  tab: error('A tab stands where YAML wants spaces.'),
  'several-documents': error('The file holds more than one YAML document.'),
  'duplicate-field': error('A field stands twice.'),
  alias: error('YAML aliases and merge keys are not used in a catalog.'),
  tag: error('YAML tags and directives are not used in a catalog.'),
  nesting: error('The file is nested too deeply.'),
  'hidden-character': error('A character that cannot be seen changes what a reader sees.'),
  'lost-digits': error('A number is too large to keep all of its digits.'),
  // fields
  'not-a-map': error('The file is not a list of `field: value` lines.'),
  'unknown-field': error('There is no such field.'),
  missing: error('A required field is missing or empty.'),
  type: error('A field holds the wrong sort of value.'),
  choice: error('A field holds something other than one of its few possible values.'),
  range: error('A number or a text is too small or too large.'),
  form: error('A text does not have the form that its field asks for.'),
  'pasted-secret': error('Something looks like the value of a secret. Values do not belong in a catalog.'),
  'maybe-secret': warning('Something in a text for people looks like the value of a secret.'),
  // people
  'unknown-person': error('Nobody in keyturn.yaml has this id.'),
  'unknown-team': error('No team in keyturn.yaml has this id.'),
  'person-left': warning('Somebody who has left still has a part to play.'),
  'owner-is-backup': error('Owner and backup are the same person.'),
  'same-id': error('A person and a team have the same id.'),
  // plug-ins
  'unknown-provider': error('There is no rotator of this name.'),
  'unknown-kind': error('There is no dependent plug-in of this name.'),
  plugin: error('A plug-in could not be asked.'),
  address: error('An address is not one that the http door would ever call.'),
  'no-authority': error('The plug-in needs an authority and none is given.'),
  'own-authority': error('A token is named as its own authority.'),
  'via-unused': error('A role is given to a plug-in that does not speak to AWS.'),
  // value, schedule and overlap
  value: error('The way the value is stored does not fit what the provider issues.'),
  schedule: error('The schedule is not one that AWS takes.'),
  'cannot-expect': warning('Something is expected of the token that the provider never tells.'),
  'cannot-check': error('A check cannot send tokens of this provider.'),
  'no-rehearsal': error('A renewal of this provider cannot be rehearsed.'),
  'overlap-too-short': error('The old token is revoked while somebody may still use it.'),
  'no-overlap': warning('The provider ends the old token at once, while somebody may still use it.'),
  'expires-too-soon': error('The token may expire before it is replaced and everybody has the new one.'),
  'too-many-retiring': error('More old tokens would wait for their revocation than the provider or Keyturn allows.'),
  // dependents and other tokens
  copies: error('A dependent copies something that the token does not have.'),
  'unknown-dependent': error('A dependent waits for one that the token does not have.'),
  probe: error('A probe is not said as one of its two kinds, or is of a kind that this place cannot have.'),
  circle: error('Dependents wait for each other.'),
  'reads-nothing': error('A dependent reads what another one keeps, and `after` does not name that.'),
  'after-promotion': error('A dependent waits for one that gets a new token only after promotion.'),
  'after-unused': error('A dependent that reads the rotated secret itself comes after all others anyway.'),
  'too-large': error('A dependent takes less than a token of this provider may need.'),
  'writes-token': error('A dependent writes into the secret of a token.'),
  'same-secret': error('Two tokens are kept in one secret.'),
  'same-place': error('Two dependents write to the same place.'),
  'not-exclusive': error('Tokens of one principal are kept by several entries, and one of them claims to be alone.'),
  'maybe-not-exclusive': warning('Tokens of one authority are kept by several entries, and one of them claims to be alone.'),
  // where it is deployed
  'not-adopted': error('A full ARN is given for a secret that is said not to exist yet.'),
  'unknown-account': error('An ARN names an account that is not deployed to.'),
  'other-region': error('A secret is in a region from which it cannot be rotated.'),
  stacks: error('The file that keeps each token in its stack cannot be used as it is.'),
  internal: error('A fault in Keyturn itself.'),
};

/** Every code that a catalog's problems can have, how grave it is, and what it means. */
export const problemCodes: Readonly<Record<keyof typeof meanings, Meaning>> = meanings;

export type ProblemCode = keyof typeof meanings;

/** A line of the file with a column to point at. Escaped, shortened, and without anything that looks like a secret. */
export interface Excerpt {
  readonly text: string;
  /** Counted from 0. */
  readonly column: number;
}

/**
 * What is wrong with a catalog, and where. `message` says it in a sentence, `fix` says what to write instead. Nothing in it holds a
 * character that a terminal obeys, nor what looks like the value of a secret.
 */
export interface Problem {
  readonly file: string;
  /** Counted from 1, as editors do. */
  readonly line: number;
  readonly column: number;
  /** The field: `dependents[1].target.url`. Empty where it is the file itself. */
  readonly path: string;
  readonly message: string;
  readonly fix: string;
  readonly severity: Severity;
  readonly code: ProblemCode;
  readonly excerpt?: Excerpt;
}

/** A problem that has no line of its own, because the file is missing or cannot be read as text. */
export function fileProblem(file: string, code: ProblemCode, message: string, fix: string): Problem {
  return { file, line: 1, column: 1, path: '', message, fix, severity: problemCodes[code].severity, code };
}

/** By file, then by place, then by code. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort(
    (a, b) =>
      compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.code, b.code) || compare(a.path, b.path),
  );
}

// Not localeCompare: the order must be the same on every machine.
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
