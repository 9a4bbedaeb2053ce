/** Puts what stands in the `pre` beside the button on the clipboard; where a browser keeps that from us, selects it. */
export async function copyBeside(button: HTMLButtonElement): Promise<void> {
  const shown = button.parentElement?.querySelector('pre');
  if (!shown) return;
  // A page that did not come by https has no clipboard at all.
  const isCopied = await Promise.resolve()
    .then(() => navigator.clipboard.writeText(shown.textContent ?? ''))
    .then(
      () => true,
      () => false,
    );
  if (!isCopied) getSelection()?.selectAllChildren(shown);
  button.textContent = isCopied ? 'Copied' : 'Selected: copy it';
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 2_000);
}
