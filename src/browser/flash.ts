import { make } from './make.ts';
import { after } from './pause.ts';

const BEAT_MS = 700;
const ICON =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><circle cx='50%' cy='50%' r='50%' fill='red'/></svg>";

/** Flashes the tab's title and icon until the answered function is called, which puts back what was there. */
export function flash(text: string): () => void {
  const { title, head } = document;
  const link = make('link', { rel: 'icon', href: ICON });
  let cancel = (): void => {};
  const beat = (isOn: boolean): void => {
    document.title = isOn ? text : title;
    if (isOn) head.append(link);
    else link.remove();
    cancel = after(BEAT_MS, () => beat(!isOn));
  };
  beat(true);
  return () => {
    beat(false);
    cancel();
  };
}
