import { describe } from 'vitest';
import { goThrough } from './orders.ts';
import { alone } from './per-commit.ts';

// Goal: two runs beside each other come to what one alone comes to, in whatever order their calls fall.
// Method: see interleave.ts.

describe.each(alone)('every order of two runs: $player.name', goThrough);
