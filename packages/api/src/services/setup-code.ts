/** The one-time code that lets the first administrator in. */
import { createHash, randomInt, timingSafeEqual } from 'node:crypto';

/** No letters or digits that look alike. */
const ALPHABET = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789';

/** 20 characters in groups of five, about 99 bits. */
export function randomSetupCode(): string {
  const letters = Array.from({ length: 20 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return letters.replaceAll(/.{5}(?=.)/g, '$&-');
}

/** In constant time; case, spaces and dashes do not matter. */
export function sameSetupCode(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

const digest = (code: string): Buffer =>
  createHash('sha256').update(code.replaceAll(/[\s-]/g, '').toUpperCase()).digest();
