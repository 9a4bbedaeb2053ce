import type { RoomTexts } from './api.ts';

/** The panel's words, unless the requester has others. */
export const TEXTS: RoomTexts = {
  preview: ['This is a preview', 'Accept the HIT to wait for work.'],
  arrived: ['Ready to wait?', 'Waiting is paid. A sound calls you.', "I'm ready"],
  waiting: ['Waiting for work', 'Keep this page open: it calls you.', 'Turn on the sound'],
  called: ['There is work!', 'Your place is kept for a moment.', 'Start'],
  working: ['At work'],
  released: ['The wait is over', 'Submit to be paid for waiting.', 'Submit the HIT'],
  elsewhere: ['You work in another tab', '', 'Start here'],
  left: ['You left', 'Return the HIT, or wait again.', 'Wait again'],
  idle: 'You are not counted until you answer.',
  leave: 'Leave',
  bell: 'Ring in a window',
  connecting: 'Connecting',
  connected: 'Connected',
  away: 'Reconnecting',
  refused: 'Not accepted',
  waited: 'Waited',
  longest: 'At most',
  pays: 'Pays',
  question: 'Are you still there?',
  answer: "I'm here",
  wrong: 'Not right.',
};
