/** The only source of chance: a number from 0 up to, but not including, 1. */
export type Random = () => number;

export const pick = (random: Random, characters: string) => characters[Math.floor(random() * characters.length)] ?? '';

export const pickMany = (random: Random, characters: string, count: number) =>
  Array.from({ length: count }, () => pick(random, characters)).join('');

/** 36 characters in the form of a version 4 UUID. */
export function uuid(random: Random): string {
  const hex = pickMany(random, '0123456789abcdef', 30);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-${pick(random, '89ab')}${hex.slice(15, 18)}-${hex.slice(18, 30)}`;
}

export const upperCase = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
export const lowerCase = upperCase.toLowerCase();
export const digits = '0123456789';
