/** The npm entry `retainer/browser`: the same as retainer.js, for pages that bundle, and without a global. */
export type * from './api.ts';
export { createRetainer } from './create.ts';
