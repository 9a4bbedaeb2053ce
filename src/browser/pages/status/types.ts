import type { Phase } from '../live/actions.ts';
import type { ListChange } from '../live/keyedList.ts';

/** What the server sends to the status page, as src/projections/statusList.ts, houseNow.ts, plots.ts and callLatency.ts have it. */
export type StatusRow = {
  id: string;
  foreignId: string;
  protoHitId: string;
  title: string;
  sandbox: boolean;
  phase: Phase;
  expectedAt: number;
  invokedAt: number | null;
  isRecruitingStopped: boolean;
  asked: number;
  dispatched: number;
  responded: number;
  /** Its share of those who wait for its ProtoHIT, and how many it lacks besides. */
  waiting: number;
  missing: number;
  eachCents: number;
  market: { open: number; awaited: number };
};
export type House = {
  waiting: Record<string, number>;
  people: number;
  open: number;
  missing: number;
  missingNow: number;
  placesOpen: number;
  placesTaken: number;
  /** Reservations that the filter lets through, up to one more than are counted. */
  matching: number;
  countedUpTo: number;
};
export type StatusMessage = { facts?: House; lists?: { reservations?: ListChange<StatusRow> } };

export type Latency = { p50: number | null; p95: number | null; counts: number[] };
export type Step = {
  at: number;
  waiting: number;
  mostWaiting: number;
  missing: number;
  missingNow: number;
  arrived: number;
  called: number;
  left: number;
  placesOpen: number;
  dollars: number;
  sandboxDollars: number;
};
export type Plots = {
  steps: Step[];
  told: Latency;
  responded: Latency;
  total: { real: number; sandbox: number };
  bounds: number[];
};
