/** What the server sends to the status page, as src/http/pages/statusFeed.ts and src/projections/plots.ts write it. */
export type StatusRow = {
  id: string;
  foreignId: string;
  protoHitId: string;
  title: string;
  sandbox: boolean;
  phase: 'made' | 'invoked' | 'finished' | 'cancelled' | 'timedOut';
  expectedAt: number;
  invokedAt: number | null;
  waiting: number;
  dispatched: number;
  responded: number;
  asked: number;
};
export type StatusNow = { waiting: number; rows: StatusRow[] };

type Latency = { p50: number | null; p95: number | null; counts: number[] };
type Step = {
  at: number;
  waiting: number;
  asked: number;
  arrived: number;
  left: number;
  hitsOnMarket: number;
  dollars: number;
};
export type Plots = {
  steps: Step[];
  told: Latency;
  responded: Latency;
  dollarsInTotal: number;
  bounds: number[];
};
