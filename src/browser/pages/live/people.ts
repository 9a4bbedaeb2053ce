/** More of a kind than these are one figure and a number. */
export const MOST_FIGURES = 5;

/** `responded`: seen at work; `dispatched`: called, and not seen yet; `missing`: a place that nobody holds. */
export type PeopleKind = 'waiting' | 'dispatched' | 'responded' | 'missing';

/** Small people, as the original drew snowmen. Each kind is one element, however many there are. */
export function drawPeople(place: HTMLElement, counts: readonly (readonly [kind: PeopleKind, many: number])[]): void {
  const shown = counts.map(([kind, many]) => `${kind}${many}`).join();
  if (place.dataset['shown'] === shown) return;
  place.dataset['shown'] = shown;
  place.replaceChildren(
    ...counts.flatMap(([kind, many]) => {
      if (many <= 0) return [];
      const figures = document.createElement('span');
      const isFew = many <= MOST_FIGURES;
      figures.className = `figure ${kind}`;
      figures.dataset['many'] = String(many);
      figures.style.setProperty('--figures', String(isFew ? many : 1));
      if (isFew) return [figures];
      const number = document.createElement('span');
      number.className = 'quiet';
      number.textContent = `×${many.toLocaleString()}`;
      return [figures, number];
    }),
  );
}

/** The same for who holds a reservation's places. */
export const drawPlaces = (
  place: HTMLElement,
  { asked, dispatched, responded }: { asked: number; dispatched: number; responded: number },
): void =>
  drawPeople(place, [
    ['responded', Math.min(responded, dispatched)],
    ['dispatched', Math.max(0, dispatched - responded)],
    ['missing', Math.max(0, asked - dispatched)],
  ]);
