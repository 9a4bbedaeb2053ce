import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

const attribute = z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) });
const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.number(),
  startTimeUnixNano: z.string(),
  endTimeUnixNano: z.string(),
  attributes: z.array(attribute).default([]),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).default([]),
});
export type Span = z.infer<typeof span> & {
  /** `service.name` of who sent it. */
  readonly service: unknown;
};
/** OTLP's ExportTraceServiceRequest in JSON. */
const request = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(attribute) }),
      scopeSpans: z.array(z.object({ spans: z.array(span) })),
    }),
  ),
});

export type Collector = {
  readonly url: string;
  readonly spans: () => readonly Span[];
  /** All that was sent, as it came. */
  readonly received: () => string;
  readonly paths: () => ReadonlySet<string>;
  readonly close: () => Promise<void>;
};

/** An OpenTelemetry collector as far as a sender can tell: OTLP over HTTP, in JSON. */
export async function startCollector(): Promise<Collector> {
  const bodies: string[] = [];
  const paths = new Set<string>();
  const server = createServer(async (incoming, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    paths.add(`${incoming.method} ${incoming.url}`);
    bodies.push(Buffer.concat(chunks).toString());
    answer.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const resources = () => bodies.flatMap((body) => request.parse(JSON.parse(body)).resourceSpans);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () =>
      resources().flatMap(({ resource, scopeSpans }) => {
        const service = resource.attributes.find(({ key }) => key === 'service.name')?.value['stringValue'];
        return scopeSpans.flatMap(({ spans }) => spans.map((one) => ({ ...one, service })));
      }),
    received: () => bodies.join('\n'),
    paths: () => paths,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
