/** Asks readyz how the parts of the service are, and shows it. */
export async function askHealth(): Promise<void> {
  const answer = await fetch('/readyz', { headers: { Accept: 'application/json' } }).catch(() => null);
  const states: Readonly<Record<string, unknown>> = (await answer?.json().catch(() => null)) ?? {};
  const summary = document.querySelector('#healthy');
  if (summary) {
    const text = summaryOf(states);
    if (summary.textContent !== text) summary.textContent = text;
    summary.className = `tag ${text === 'healthy' ? 'healthy' : 'stopped'}`;
  }
  for (const part of document.querySelectorAll('[data-part]')) {
    if (!(part instanceof HTMLElement)) continue;
    const state = states[part.dataset['part'] ?? ''] ?? 'not known';
    part.className = state === 'ok' ? 'ok' : 'ill';
    part.querySelector('[data-state]')?.replaceChildren(String(state));
  }
}

/** A node may be ready though a read model stands still: requests would fare no better elsewhere. */
function summaryOf({ ready, ...parts }: Readonly<Record<string, unknown>>): string {
  if (ready !== true) return 'database' in parts ? 'not ready' : 'cannot be reached';
  return Object.values(parts).every((state) => state === 'ok') ? 'healthy' : 'ready, not well';
}
