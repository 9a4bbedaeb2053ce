import type { Step } from '../../story/replay.ts';
import { valueInWords } from '../../story/states.ts';

/** A step as text: what happened, what it changed, the state after it. */
export const stepAsText = ({ line, state, changes }: Step, total: number): string =>
  [
    `event ${line.line} of ${total}: ${line.type}, revision ${line.revision}, position ${line.position}`,
    `  ${line.time}  ${line.what}`,
    `  by ${line.who}; because of ${line.why}`,
    changes.length === 0 ? '  changes nothing' : '  changes',
    ...changes.map(
      ({ field, before, after }) => `    ${field}: ${valueInWords(field, before)} -> ${valueInWords(field, after)}`,
    ),
    '  state after it',
    ...Object.entries(state).map(([field, value]) => `    ${field}: ${valueInWords(field, value)}`),
    '',
  ].join('\n');

/** A step as JSON, the raw event with it. */
export const stepAsJson = ({ line, state, changes }: Step): unknown => ({ ...line, changes, state });
