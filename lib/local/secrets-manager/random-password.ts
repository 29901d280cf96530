import { invalidParameter } from '../aws-error.ts';
import type { Call } from './call.ts';
import type { Input } from './input.ts';
import { digits, lowerCase, pick, pickMany, upperCase } from './random.ts';

const punctuation = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

export function getRandomPassword(call: Call, input: Input<'GetRandomPassword'>) {
  const { PasswordLength: length = 32, ExcludeCharacters = '', RequireEachIncludedType: needsEach = true } = input;
  const types = [
    input.ExcludeUppercase ? '' : upperCase,
    input.ExcludeLowercase ? '' : lowerCase,
    input.ExcludeNumbers ? '' : digits,
    input.ExcludePunctuation ? '' : punctuation,
    input.IncludeSpace ? ' ' : '',
  ]
    .map((type) => [...type].filter((character) => !ExcludeCharacters.includes(character)).join(''))
    .filter((type) => type !== '');
  const all = types.join('');
  if (all === '') throw invalidParameter('The password would have no characters to choose from.');
  // The space may be there, but is no type of its own.
  const required = needsEach ? types.filter((type) => type !== ' ').map((type) => pick(call.random, type)) : [];
  if (required.length > length) throw invalidParameter('Password length is too short based on the required types.');
  const characters = [...required, ...pickMany(call.random, all, length - required.length)];
  return { RandomPassword: shuffled(call, characters).join('') };
}

function shuffled({ random }: Call, characters: readonly string[]): string[] {
  const order = characters.map((character) => ({ character, place: random() }));
  return order.sort((a, b) => a.place - b.place).map(({ character }) => character);
}
