import * as z from 'zod';
import { Secret } from '../engine/secret.ts';

/** A text in an authority that must never be seen: it comes out as a Secret. */
export const secretText = z
  .string()
  .min(1)
  .transform((text) => new Secret(text));
