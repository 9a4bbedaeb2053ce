import uPlot from 'uplot';
import type { Plots, StatusNow, StatusRow } from './statusTypes.ts';

const element = <Kind extends Element>(selector: string, kind: new () => Kind): Kind => {
  const found = document.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`there is no ${selector}`);
  return found;
};
const state = element('#state', HTMLElement);
const body = element('#reservations', HTMLTableSectionElement);
const filters = element('#filters', HTMLFormElement);
const template = element('#row', HTMLTemplateElement);
const csrf = document.querySelector('meta[name=csrf]')?.getAttribute('content') ?? '';

const MOST_FIGURES = 12;
const rows = new Map<string, { element: HTMLTableRowElement; shown: string }>();

const cell = (row: Element, name: string): HTMLElement => {
  const found = row.querySelector(`[data-cell=${name}]`);
  if (!(found instanceof HTMLElement)) throw new Error(`a row has no ${name}`);
  return found;
};

/** Asks the server to do something; what it says when it will not, is shown. */
async function post(path: string, fields: Record<string, string>): Promise<void> {
  const headers: Record<string, string> = { 'X-CSRF-Token': csrf };
  try {
    const answer = await fetch(path, { method: 'POST', headers, body: new URLSearchParams(fields) });
    say(answer.ok ? '' : await answer.text());
  } catch {
    say('The service cannot be reached.');
  }
}

const say = (problem: string): void => {
  const place = element('#problem', HTMLElement);
  place.textContent = problem;
  place.hidden = problem === '';
};

/** Small people: seen at work, called, and places that are still free. Many are drawn as a number. */
function figures(place: HTMLElement, counts: readonly (readonly [kind: string, many: number])[]): void {
  const total = counts.reduce((sum, [, many]) => sum + many, 0);
  place.replaceChildren();
  if (total > MOST_FIGURES) return;
  for (const [kind, many] of counts)
    for (let n = 0; n < many; n++) {
      const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
      svg.setAttribute('class', kind);
      svg.setAttribute('aria-hidden', 'true');
      const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
      use.setAttribute('href', '#person');
      svg.append(use);
      place.append(svg);
    }
}

const ACTIONS: Readonly<Record<StatusRow['phase'], readonly string[]>> = {
  made: ['invoke', 'finish', 'cancel'],
  invoked: ['finish', 'cancel'],
  finished: ['unfinish', 'cancel'],
  cancelled: ['unfinish'],
  timedOut: ['unfinish', 'cancel'],
};
const SAID = { made: 'made', invoked: 'invoked', finished: 'finished', cancelled: 'cancelled', timedOut: 'timed out' };

function draw(one: StatusRow, row: HTMLTableRowElement): void {
  const link = cell(row, 'foreignId');
  link.textContent = one.foreignId === '' ? '(none)' : one.foreignId;
  link.setAttribute('href', `/status/reservation/${one.id}`);
  cell(row, 'title').textContent = one.title;
  const phase = cell(row, 'phase');
  phase.textContent = SAID[one.phase];
  phase.className = `tag ${one.phase}`;
  const missing = Math.max(0, one.asked - one.dispatched);
  figures(cell(row, 'people'), [
    ['responded', Math.min(one.responded, one.dispatched)],
    ['dispatched', Math.max(0, one.dispatched - one.responded)],
    ['missing', missing],
  ]);
  cell(row, 'counts').textContent = `${one.dispatched} of ${one.asked}`;
  cell(row, 'counts').title = `${one.dispatched} dispatched, ${one.responded} seen at work, ${one.asked} asked for`;
  figures(cell(row, 'waitingPeople'), [['waiting', one.waiting]]);
  cell(row, 'waiting').textContent = String(one.waiting);
  const expected = cell(row, 'expected');
  expected.textContent = new Date(one.expectedAt).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  expected.title = new Date(one.expectedAt).toLocaleString();
  const sandbox = cell(row, 'sandbox');
  sandbox.textContent = one.sandbox ? 'sandbox' : 'real';
  sandbox.setAttribute('aria-pressed', String(one.sandbox));
  sandbox.title = one.sandbox ? 'HITs go to the sandbox: press to use the real market' : 'HITs go to the real market';
  sandbox.onclick = () => void post('/protohit/sandbox/set', { id: one.protoHitId, sandbox: String(!one.sandbox) });
  const name = one.foreignId || one.title;
  const buttons = ACTIONS[one.phase].map((action) => {
    const button = document.createElement('button');
    button.textContent = action;
    button.setAttribute('aria-label', `${action} ${name}`);
    button.dataset['action'] = action;
    if (action === 'invoke') button.className = 'main';
    button.onclick = () => {
      button.disabled = true;
      void post(`/reservation/${action}`, { id: one.id }).finally(() => {
        button.disabled = false;
      });
    };
    return button;
  });
  const place = cell(row, 'actions');
  // A button that keeps its place keeps the keyboard's focus, too.
  const before = [...place.querySelectorAll('button')].map(({ dataset }) => dataset['action']).join();
  if (before !== ACTIONS[one.phase].join()) {
    const focused = place.contains(document.activeElement);
    place.replaceChildren(...buttons);
    if (focused) buttons[0]?.focus();
  }
}

function show({ waiting, rows: listed }: StatusNow): void {
  element('#waiting', HTMLElement).textContent = waiting.toLocaleString();
  element('#open', HTMLElement).textContent = listed
    .filter(({ phase }) => phase === 'made' || phase === 'invoked')
    .length.toLocaleString();
  const asked = listed.filter(({ phase }) => phase === 'invoked');
  element('#asked', HTMLElement).textContent = asked
    .reduce((sum, one) => sum + Math.max(0, one.asked - one.dispatched), 0)
    .toLocaleString();
  const ids = new Set(listed.map(({ id }) => id));
  for (const [id, { element: row }] of rows)
    if (!ids.has(id)) {
      row.remove();
      rows.delete(id);
    }
  let place = 0;
  for (const one of listed) {
    const shown = JSON.stringify(one);
    const known = rows.get(one.id);
    const row = known?.element ?? newRow();
    if (known?.shown !== shown) {
      draw(one, row);
      row.classList.remove('changed');
      if (known) requestAnimationFrame(() => row.classList.add('changed'));
      rows.set(one.id, { element: row, shown });
    }
    if (body.children[place] !== row) body.insertBefore(row, body.children[place] ?? null);
    place++;
  }
  element('#none', HTMLElement).hidden = listed.length > 0;
  element('#older', HTMLButtonElement).hidden = listed.length < 100;
}

const newRow = (): HTMLTableRowElement => {
  const row = template.content.querySelector('tr')?.cloneNode(true);
  if (!(row instanceof HTMLTableRowElement)) throw new Error('the template has no row');
  return row;
};

let feed: EventSource | undefined;
function follow(): void {
  feed?.close();
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(filters))
    if (typeof value === 'string' && value !== '') asked.set(name, value);
  const query = asked.size > 0 ? `?${asked}` : '';
  history.replaceState(null, '', `/status${query}`);
  feed = new EventSource(`/status/feed${query}`);
  feed.addEventListener('now', ({ data }) => {
    state.textContent = 'live';
    state.className = 'tag made';
    show(JSON.parse(data));
  });
  feed.onerror = () => {
    state.textContent = 'connecting…';
    state.className = 'tag stopped';
  };
}

let typing: ReturnType<typeof setTimeout> | undefined;
filters.addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(follow, 200);
});
filters.addEventListener('submit', (event) => {
  event.preventDefault();
  follow();
});
element('#finishAll', HTMLButtonElement).onclick = () => {
  const proto = element('#protoHitId', HTMLSelectElement);
  const which =
    proto.value === '' ? 'every open reservation' : `those of “${proto.selectedOptions[0]?.textContent ?? ''}”`;
  if (confirm(`Finish ${which}? HITs that nobody needs then leave the market.`))
    void post('/reservation/finish/all', proto.value === '' ? {} : { id: proto.value });
};
element('#older', HTMLButtonElement).onclick = async () => {
  const last = [...rows.keys()].at(-1);
  const asked = new URLSearchParams(location.search);
  if (last !== undefined) asked.set('before', last);
  location.assign(`/status?${asked}`);
};
follow();

// The plots, drawn anew every few seconds while they are seen.
const ink = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const drawn = new Map<string, uPlot>();

function plot(
  id: string,
  series: readonly { label: string; color: string; fill?: boolean; bars?: boolean }[],
  data: uPlot.AlignedData,
  time = true,
  axis?: (value: number) => string,
): void {
  const place = element(`#${id}`, HTMLElement);
  const known = drawn.get(id);
  if (known) {
    known.setSize({ width: place.clientWidth, height: 190 });
    known.setData(data);
    return;
  }
  const line = { stroke: ink('--quiet'), grid: { stroke: ink('--line') }, ticks: { stroke: ink('--line') } };
  const bars = uPlot.paths.bars?.({ size: [0.8, 60] });
  drawn.set(
    id,
    new uPlot(
      {
        width: place.clientWidth,
        height: 190,
        scales: { x: { time }, y: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] } },
        axes: [
          axis ? { ...line, values: (_, splits) => splits.map(axis), space: 40 } : { ...line },
          { ...line, size: 44 },
        ],
        series: [
          axis ? { value: (_, value) => (value == null ? '' : axis(value)) } : {},
          ...series.map(({ label, color, fill, bars: isBars }) => ({
            label,
            stroke: ink(color),
            width: 2,
            points: { show: false },
            ...(fill || isBars ? { fill: `${ink(color)}33` } : {}),
            ...(isBars && bars ? { paths: bars } : {}),
          })),
        ],
      },
      data,
      place,
    ),
  );
}

const seconds = (value: number | null): string =>
  value === null ? '–' : value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(1)} s`;
const dollars = (value: number): string => value.toLocaleString('en-US', { style: 'currency', currency: 'USD' });

async function drawPlots(): Promise<void> {
  const minutes = element('#minutes', HTMLSelectElement).value;
  const answer = await fetch(`/status/plots?minutes=${encodeURIComponent(minutes)}`).catch(() => null);
  if (!answer?.ok) return;
  const { steps, told, responded, dollarsInTotal, bounds }: Plots = await answer.json();
  const x = steps.map(({ at }) => at / 1000);
  const of = (name: 'waiting' | 'asked' | 'arrived' | 'left' | 'hitsOnMarket') => steps.map((step) => step[name]);
  plot(
    'poolPlot',
    [
      { label: 'waiting', color: '--waiting', fill: true },
      { label: 'asked for', color: '--called' },
    ],
    [x, of('waiting'), of('asked')],
  );
  plot(
    'arrivalsPlot',
    [
      { label: 'came', color: '--waiting', bars: true },
      { label: 'left without work', color: '--gone', bars: true },
    ],
    [x, of('arrived'), of('left')],
  );
  plot('marketPlot', [{ label: 'HITs on the market', color: '--called', fill: true }], [x, of('hitsOnMarket')]);
  let sum = 0;
  plot(
    'moneyPlot',
    [{ label: 'dollars approved', color: '--working', fill: true }],
    [
      x,
      steps.map((step) => {
        sum += step.dollars;
        return sum;
      }),
    ],
  );
  const place = [...bounds, 0].map((_, n) => n);
  const named = (n: number): string =>
    Number.isInteger(n) && n >= 0 && n <= bounds.length ? (n === bounds.length ? 'more' : seconds(bounds[n] ?? 0)) : '';
  plot(
    'latencyPlot',
    [
      { label: 'called', color: '--called', bars: true },
      { label: 'at work', color: '--working', bars: true },
    ],
    [place, [...told.counts], [...responded.counts]],
    false,
    named,
  );
  element('#told', HTMLElement).textContent = `${seconds(told.p50)} / ${seconds(told.p95)}`;
  element('#responded', HTMLElement).textContent = `${seconds(responded.p50)} / ${seconds(responded.p95)}`;
  element('#market', HTMLElement).textContent = String(steps.at(-1)?.hitsOnMarket ?? 0);
  element('#money', HTMLElement).textContent = `${dollars((sum * 60) / Number(minutes))} / ${dollars(dollarsInTotal)}`;
}

const EVERY_MS = 3_000;
const drawAgain = (): void => {
  if (document.visibilityState === 'visible') void drawPlots();
};
setInterval(drawAgain, EVERY_MS);
element('#minutes', HTMLSelectElement).addEventListener('change', drawAgain);
addEventListener('resize', drawAgain);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const one of drawn.values()) one.destroy();
  drawn.clear();
  drawAgain();
});
drawAgain();
