import { after } from './pause.ts';

/** A request that is given up after a while, or when told so; rejects then. */
export async function request(
  url: string,
  ms: number,
  aborting: AbortController,
  method = 'GET',
  mode: RequestMode = 'cors',
) {
  const cancel = after(ms, () => aborting.abort());
  try {
    const response = await fetch(url, { method, mode, signal: aborting.signal });
    return [response, await response.text()] as const;
  } finally {
    cancel();
  }
}
