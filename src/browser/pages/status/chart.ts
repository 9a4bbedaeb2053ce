import uPlot from 'uplot';
import { element, write } from '../live/element.ts';
import { labelsOf, type Mark } from './marks.ts';

export type Series = {
  readonly label: string;
  /** Name of a colour of pages.css. */
  readonly color: string;
  readonly drawn: 'line' | 'area' | 'bars' | 'bars before' | 'bars after';
  /** On the right axis, with its own scale. */
  readonly isRight?: boolean;
  readonly say?: (value: number) => string;
};

export type Chart = {
  readonly id: string;
  readonly series: readonly Series[];
  readonly data: uPlot.AlignedData;
  /** What the horizontal axis says; the time, unless given. */
  readonly sayPlace?: (place: number) => string;
  readonly marks?: readonly Mark[];
  /** The same in words, for whoever does not see it. */
  readonly words: string;
};

const HEIGHT = 200;
const COUNTS = [1, 2, 5].flatMap((n) => [0, 1, 2, 3, 4, 5, 6].map((power) => n * 10 ** power)).sort((a, b) => a - b);

const drawn = new Map<string, { plot: uPlot; marks: readonly Mark[]; names: string; width: number }>();
const ink = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const plain = (value: number): string => Math.abs(value).toLocaleString();

/** Draws a chart, or brings it up to date. */
export function draw(chart: Chart): void {
  const place = element(`#${chart.id}`, HTMLElement);
  write(element(`#${chart.id}Words`, HTMLElement), chart.words);
  const width = place.clientWidth;
  const names = chart.series.map(({ label }) => label).join();
  let known = drawn.get(chart.id);
  if (known !== undefined && known.names !== names) {
    known.plot.destroy();
    known = undefined;
  }
  const shown = known ?? { plot: new uPlot(optionsOf(chart, width), chart.data, place), marks: [], names, width };
  shown.marks = chart.marks ?? [];
  drawn.set(chart.id, shown);
  if (shown.width !== width) shown.plot.setSize({ width, height: HEIGHT });
  shown.width = width;
  shown.plot.setData(chart.data);
  sayLatest(shown.plot);
}

/** In other colours next time. */
export function forgetCharts(): void {
  for (const { plot } of drawn.values()) plot.destroy();
  drawn.clear();
}

/** While nobody points at a moment the legend tells of the last one. */
function sayLatest(plot: uPlot): void {
  if (plot.cursor.idx == null) plot.setLegend({ idx: plot.data[0].length - 1 }, false);
}

function optionsOf({ id, series, sayPlace }: Chart, width: number): uPlot.Options {
  const line = { stroke: ink('--quiet'), grid: { stroke: ink('--line') }, ticks: { stroke: ink('--line') } };
  const say = (isRight: boolean) => series.find((one) => (one.isRight ?? false) === isRight)?.say;
  const scale = (isRight: boolean): uPlot.Axis => {
    const inWords = say(isRight);
    return {
      ...line,
      scale: isRight ? 'right' : 'y',
      side: isRight ? 1 : 3,
      size: inWords ? 60 : 54,
      values: (_, splits) => splits.map(inWords ?? plain),
      ...(inWords ? {} : { incrs: COUNTS }),
      ...(isRight ? { grid: { show: false } } : {}),
    };
  };
  const range: uPlot.Scale.Range = (_, min, max) => [Math.min(0, min * 1.1), Math.max(0.01, max * 1.1)];
  const counted: uPlot.Scale.Range = (_, min, max) => [Math.min(0, min * 1.1), Math.max(1, max * 1.1)];
  return {
    width,
    height: HEIGHT,
    scales: {
      x: sayPlace ? { time: false, range: (_, min, max) => [min - 0.6, max + 0.6] } : { time: true },
      y: { range: say(false) ? range : counted },
      right: { range: say(true) ? range : counted },
    },
    axes: [
      sayPlace
        ? { ...line, values: (_, places) => places.map(sayPlace), incrs: [2], space: 20 }
        : { ...line, space: 70 },
      scale(false),
      ...(series.some(({ isRight }) => isRight) ? [scale(true)] : []),
    ],
    series: [
      sayPlace ? { label: 'took up to', value: (_, at) => (at == null ? '' : sayPlace(at)) } : { label: 'at' },
      ...series.map(seriesOf),
    ],
    hooks: { draw: [(plot) => drawMarks(plot, drawn.get(id)?.marks ?? [])], setCursor: [sayLatest] },
  };
}

function seriesOf({ label, color, drawn: way, isRight, say }: Series): uPlot.Series {
  const bars = { bars: 0, 'bars before': -1, 'bars after': 1 } as const;
  const isBars = way !== 'line' && way !== 'area';
  const paths = isBars
    ? uPlot.paths.bars?.({ size: [bars[way] === 0 ? 0.8 : 0.42, 40], align: bars[way] })
    : uPlot.paths.stepped?.({ align: -1 });
  return {
    label,
    scale: isRight ? 'right' : 'y',
    stroke: ink(color),
    width: isBars ? 1 : 2,
    points: { show: false },
    value: (_, value) => (say ?? plain)(value ?? 0),
    ...(way === 'line' ? {} : { fill: `${ink(color)}${isBars ? '88' : '2a'}` }),
    ...(paths ? { paths } : {}),
  };
}

/** Lines, and over them and the bars what they say, on a ground of its own. */
function drawMarks({ ctx, bbox, valToPos }: uPlot, marks: readonly Mark[]): void {
  const px = devicePixelRatio;
  ctx.save();
  ctx.font = `${Math.round(11 * px)}px system-ui, sans-serif`;
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'left';
  ctx.setLineDash([4 * px, 3 * px]);
  ctx.lineWidth = 1.5 * px;
  for (const { at, color } of marks) {
    const x = valToPos(at, 'x', true);
    ctx.strokeStyle = ink(color);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  for (const [n, { x, text, color }] of labelsOf(marks, (at) => valToPos(at, 'x', true) / px).entries()) {
    const width = ctx.measureText(text).width + 6 * px;
    const isAtTheEnd = x * px + width > bbox.left + bbox.width;
    const left = x * px + (isAtTheEnd ? -width - 2 * px : 2 * px);
    const middle = bbox.top + (9 + 15 * n) * px;
    ctx.fillStyle = ink('--surface');
    ctx.fillRect(left, middle - 7 * px, width, 14 * px);
    ctx.fillStyle = ink(color);
    ctx.fillText(text, left + 3 * px, middle);
  }
  ctx.restore();
}
