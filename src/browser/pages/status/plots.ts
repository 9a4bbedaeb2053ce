import { element, write } from '../live/element.ts';
import { duration } from '../live/when.ts';
import { type Chart, draw, forgetCharts, type Series } from './chart.ts';
import type { Latency, Plots, Step } from './types.ts';

const EVERY_MS = 3_000;
const minutes = element('#minutes', HTMLSelectElement);
const span = (): string => `the last ${minutes.selectedOptions[0]?.textContent ?? ''}`;

const dollars = (value: number): string => value.toLocaleString('en-US', { style: 'currency', currency: 'USD' });
const took = (seconds: number | null): string => (seconds === null ? '–' : duration(seconds * 1000));
const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
const most = (numbers: readonly number[]): number => numbers.reduce((all, one) => Math.max(all, one), 0);
/** Nothing is drawn where a bar would have no height. */
const bars = (heights: readonly number[]): (number | null)[] => heights.map((height) => height || null);
const people = (many: number): string => (many === 1 ? '1 worker' : `${many.toLocaleString()} workers`);

function poolChart(steps: readonly Step[], x: number[]): Chart {
  const waiting = steps.map((step) => step.waiting);
  const [missing, now] = [steps.map((step) => step.missing), steps.map((step) => step.missingNow)];
  const isEmpty = most(steps.map((step) => step.mostWaiting)) === 0 && most(missing) === 0;
  return {
    id: 'poolPlot',
    series: [
      { label: 'waiting', color: '--waiting', drawn: 'area' },
      { label: 'still to be dispatched', color: '--gone', drawn: 'line' },
      { label: 'of these, now', color: '--called', drawn: 'line' },
    ],
    data: [x, waiting, missing, now],
    words: isEmpty
      ? `Nobody waited in ${span()}, and nobody was to be dispatched.`
      : `${people(waiting.at(-1) ?? 0)} waiting; still to be dispatched: ${missing.at(-1)}, of these ${now.at(-1)} now. At most ${most(steps.map((step) => step.mostWaiting))} waited at once in ${span()}.`,
  };
}

/** Who came points up; who left points down, called or not. */
function comingsChart(steps: readonly Step[], x: number[]): Chart {
  const [came, called, left] = [
    steps.map((step) => step.arrived),
    steps.map((step) => -step.called),
    steps.map((step) => -step.left),
  ];
  return {
    id: 'arrivalsPlot',
    series: [
      { label: 'came', color: '--waiting', drawn: 'bars' },
      { label: 'left without work', color: '--gone', drawn: 'bars before' },
      { label: 'were called', color: '--called', drawn: 'bars after' },
    ],
    data: [x, bars(came), bars(left), bars(called)],
    words:
      sum(came) === 0 && sum(called) === 0 && sum(left) === 0
        ? `Nobody came or left in ${span()}.`
        : `${people(sum(came))} came in ${span()}, ${-sum(called)} were called, ${-sum(left)} left without work.`,
  };
}

function marketChart(steps: readonly Step[], x: number[]): Chart {
  const places = steps.map((step) => step.placesOpen);
  return {
    id: 'marketPlot',
    series: [{ label: 'open places', color: '--called', drawn: 'area' }],
    data: [x, places],
    words:
      most(places) === 0
        ? `No place was open on the market in ${span()}.`
        : `${places.at(-1)} open now; at most ${most(places)} at once in ${span()}.`,
  };
}

/** In the hour before each step's end, or as much of it as the chart shows; of longer steps what an hour of them had. */
function anHour(each: readonly number[], hoursAStep: number): number[] {
  const many = Math.max(1, Math.round(1 / hoursAStep));
  const hours = Math.max(1, hoursAStep);
  return each.map((_, n) => sum(each.slice(Math.max(0, n + 1 - many), n + 1)) / hours);
}

/** Bars say how much an hour, the line how much in all since the chart begins; a side that paid nothing is left out. */
function moneyChart({ steps, total }: Plots, x: number[], hoursAStep: number): Chart {
  const sides = [
    { name: 'real', color: '--bad', each: steps.map((step) => step.dollars), total: total.real },
    { name: 'sandbox', color: '--working', each: steps.map((step) => step.sandboxDollars), total: total.sandbox },
  ];
  const paying = sides.filter((side) => side.total > 0);
  const shown = paying.length > 0 ? paying : sides.slice(1);
  const added = (each: readonly number[]): number[] => {
    let so = 0;
    return each.map((one) => {
      so += one;
      return so;
    });
  };
  return {
    id: 'moneyPlot',
    series: shown.flatMap(({ name, color }): Series[] => [
      { label: `${name}, an hour`, color, drawn: 'bars', say: dollars },
      { label: `${name}, added up`, color, drawn: 'line', isRight: true, say: dollars },
    ]),
    data: [x, ...shown.flatMap(({ each }) => [bars(anHour(each, hoursAStep)), added(each)])],
    words:
      paying.length === 0
        ? 'Nothing was approved so far.'
        : `${shown.map(({ name, each, total: all }) => `${name === 'sandbox' ? 'Sandbox (play money)' : 'Real money'}: ${dollars(sum(each))} approved in ${span()}, ${dollars(all)} in total.`).join(' ')} Without fees.`,
  };
}

/** Where on an axis of buckets a time lies: bucket n is around n, and reaches from the bound before to its own. */
function placeOf(seconds: number, bounds: readonly number[]): number {
  const n = bounds.findIndex((bound) => seconds < bound);
  if (n === -1) return bounds.length;
  const [from, to] = [bounds[n - 1] ?? 0, bounds[n] ?? seconds];
  return n - 0.5 + (seconds - from) / (to - from);
}

function latencyChart({ told, responded, bounds }: Plots): Chart {
  const kinds = [
    { name: 'alarm', color: '--called', latency: told },
    { name: 'at work', color: '--working', latency: responded },
  ];
  const marks = kinds.flatMap(({ name, color, latency: { p50, p95 } }) =>
    [
      { figure: 'p50', at: p50 },
      { figure: 'p95', at: p95 },
    ].flatMap(({ figure, at }) => (at === null ? [] : [{ figure, of: name, color, at: placeOf(at, bounds) }])),
  );
  const words = (name: string, { p50, p95, counts }: Latency): string =>
    `${people(sum(counts))} ${name}: half within ${took(p50)}, 95 % within ${took(p95)}.`;
  // Pages that do not say when they rang are left out of the first.
  const rang = sum(told.counts) === 0 ? 'No page said when it rang.' : words('whose page said when it rang', told);
  return {
    id: 'latencyPlot',
    series: [
      { label: 'alarm', color: '--called', drawn: 'bars before' },
      { label: 'at work', color: '--working', drawn: 'bars after' },
    ],
    data: [[...bounds, 0].map((_, n) => n), bars(told.counts), bars(responded.counts)],
    sayPlace: (n) => (Number.isInteger(n) ? (n === bounds.length ? 'more' : took(bounds[n] ?? null)) : ''),
    marks,
    words:
      sum(responded.counts) === 0
        ? `Nobody who was called in ${span()} was seen at work.`
        : `${rang} ${words('seen at work', responded)}`,
  };
}

async function plot(): Promise<void> {
  const asked = minutes.value;
  const answer = await fetch(`/status/plots?minutes=${encodeURIComponent(asked)}`).catch(() => null);
  if (!answer?.ok || answer.redirected || asked !== minutes.value) return;
  const plots: Plots = await answer.json();
  const x = plots.steps.map(({ at }) => at / 1000);
  const hours = Number(asked) / 60;
  for (const chart of [
    poolChart(plots.steps, x),
    comingsChart(plots.steps, x),
    latencyChart(plots),
    moneyChart(plots, x, hours / plots.steps.length),
    marketChart(plots.steps, x),
  ])
    draw(chart);
  const { told, responded, total } = plots;
  write(element('#told', HTMLElement), `${took(told.p50)} / ${took(told.p95)}`);
  write(element('#responded', HTMLElement), `${took(responded.p50)} / ${took(responded.p95)}`);
  const real = sum(plots.steps.map((step) => step.dollars));
  const sandbox = sum(plots.steps.map((step) => step.sandboxDollars));
  write(element('#real', HTMLElement), `${dollars(real / hours)} / ${dollars(total.real)}`);
  write(element('#play', HTMLElement), `${dollars(sandbox / hours)} / ${dollars(total.sandbox)}`);
}

/** Draws anew every few seconds while the page is seen. */
export function keepPlotting(): void {
  const again = (): void => {
    if (document.visibilityState === 'visible') void plot();
  };
  setInterval(again, EVERY_MS);
  minutes.addEventListener('change', again);
  addEventListener('resize', again);
  document.addEventListener('visibilitychange', again);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    forgetCharts();
    again();
  });
  again();
}
