import { FLASH_MS } from '../times.ts';
import { make } from './make.ts';
import { every } from './pause.ts';

const ICON = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><circle r='99' fill='red'/></svg>";

/** Flashes the tab's title and icon until the answered function is called, which puts back what was there. */
export function flash(text: string): () => void {
  const { title, head } = document;
  const link = make('link', { rel: 'icon', href: ICON });
  let isOn = false;
  const turn = (): void => {
    isOn = !isOn;
    document.title = isOn ? text : title;
    if (isOn) head.append(link);
    else link.remove();
  };
  const stop = every(FLASH_MS, turn);
  return () => {
    stop();
    if (isOn) turn();
  };
}
