import { describe } from 'vitest';
import { goThroughPairs } from './pairs.ts';

// Goal: whatever befalls a life at two of its calls, nothing is promised that is not kept.
// Method: see explore.ts.

describe('every pair of faults at every two calls of a life, for each class of places', () => goThroughPairs('of places'));
