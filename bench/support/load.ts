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
