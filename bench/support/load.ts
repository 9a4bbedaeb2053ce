import autocannon from 'autocannon';

const CONNECTIONS = 256;
const SECONDS = 4;

/** Requests a second that a server answers with 2xx, over 256 connections, each path in turn. */
export async function requestsPerSecond(
  url: string,
  method: 'GET' | 'POST',
  paths: readonly string[],
): Promise<number> {
  let connected = 0;
  const share = Math.floor(paths.length / CONNECTIONS);
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: SECONDS,
    // Each connection speaks for workers of its own.
    setupClient: (connection) => {
      const from = connected++ * share;
      connection.setRequests(paths.slice(from, from + share).map((path) => ({ method, path })));
    },
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(
      `${result.non2xx} of ${result.requests.total} answers of ${url} were not 2xx, ${result.errors} failed`,
    );
  return result.requests.average;
}

/** One request of a cycle; its form may need what the cycle's first request was answered. */
type Step = { readonly path: string; readonly form: (first: string) => string };

/** Cycles of POST requests a second, one after another on each connection, all answered with 2xx. */
export async function cyclesPerSecond(
  url: string,
  steps: readonly Step[],
  { connections, seconds }: { connections: number; seconds: number },
): Promise<number> {
  let cycles = 0;
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    requests: steps.map(({ path, form }, step) => ({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      setupRequest: (request, context: { first?: string }) => ({ ...request, body: form(context.first ?? '') }),
      onResponse: (_, body, context: { first?: string }) => {
        if (step === 0) context.first = body;
        if (step === steps.length - 1) cycles++;
      },
    })),
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} of ${result.requests.total} answers were not 2xx, ${result.errors} failed`);
  return cycles / seconds;
}
