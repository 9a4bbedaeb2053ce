import { after } from './pause.ts';

/** A request that is given up after a while, or when told so; rejects then. */
export async function request(
  url: string,
  { ms, ...init }: RequestInit & { ms: number },
  aborting = new AbortController(),
) {
  const cancel = after(ms, () => aborting.abort());
  try {
    const response = await fetch(url, { ...init, signal: aborting.signal, cache: 'no-store', credentials: 'omit' });
    return { ok: response.ok, status: response.status, text: await response.text() };
  } finally {
    cancel();
  }
}
