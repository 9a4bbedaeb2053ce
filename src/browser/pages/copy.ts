import { copyBeside } from './live/copy.ts';

for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-copy]')) {
  button.onclick = () => void copyBeside(button);
  button.hidden = false;
}
