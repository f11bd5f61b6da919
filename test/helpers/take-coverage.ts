import { takeCoverage } from 'node:v8';
import { afterAll } from 'vitest';

// Vitest ends its workers by a signal, and at that Node.js writes no figures.
afterAll(() => takeCoverage());
