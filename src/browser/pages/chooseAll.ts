import { element } from './live/element.ts';

/** One box that ticks every row of a table that has one; half ticked while only some are. */
const label = document.querySelector('#chooseAll');
if (label instanceof HTMLElement) {
  const all = element('input', HTMLInputElement, label);
  const boxes = [...document.querySelectorAll<HTMLInputElement>('input[name=chosen]')];
  const show = (): void => {
    const ticked = boxes.filter(({ checked }) => checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  };
  all.addEventListener('change', () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  for (const box of boxes) box.addEventListener('change', show);
  show();
  label.hidden = false;
}
