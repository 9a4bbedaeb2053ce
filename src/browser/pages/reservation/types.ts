import type { Phase } from '../live/actions.ts';
import type { ListChange } from '../live/keyedList.ts';
import type { Recruited } from '../live/recruiting.ts';

/** What the server sends, as src/http/pages/reservation/look.ts and src/story/ have it. */
type Stretch = {
  kind: 'waiting' | 'called' | 'working' | 'released' | 'submitted';
  from: number;
  to: number | null;
};
export type Person = {
  id: string;
  workerId: string;
  isSigned: boolean;
  stretches: Stretch[];
  paidAt: number | null;
  rejectedAt: number | null;
  words: string;
  called: string;
  paid: string;
};
export type Hit = { id: string; name: string; requestedAt: number; postedAt: number | null; leftAt: number | null };
export type Line = {
  id: string;
  line: number;
  time: string;
  who: string;
  what: string;
  why: string;
  unreadable: boolean;
};
export type Mark = { id: string; at: number; what: string };
export type Facts = {
  summary: string;
  state: {
    phase: Phase;
    foreignId: string;
    numAssignments: number;
    expectedAt: number;
    invokedAt: number | null;
    isRecruitingStopped: boolean;
    dispatched: Record<string, string>;
  };
  bystanders: number;
  marks: Mark[];
  protoHit?: { title: string; sandbox: boolean; eachCents: number };
  /** Null: it is over, or shown as it was. */
  recruited: (Recruited & { waiting: number }) | null;
};
export type StoryMessage = {
  facts?: Facts;
  lists?: {
    people?: ListChange<Person>;
    others?: ListChange<Person>;
    hits?: ListChange<Hit>;
    lines?: ListChange<Line>;
  };
};
