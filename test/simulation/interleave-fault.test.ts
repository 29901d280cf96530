import { describe } from 'vitest';
import { goThrough } from './orders.ts';
import { withFault } from './per-commit.ts';

// Goal: two runs beside each other come to what one alone comes to, in whatever order their calls fall, and with one fault besides.
// Method: see interleave.ts.

describe.each(withFault)('every order of two runs with one fault: $player.name', goThrough);
