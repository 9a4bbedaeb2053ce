import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { PingType } from '../domain/presence.ts';
import { errorResponses } from './description.ts';

const text = z.string();
const marketplaceId = text.regex(/^[A-Za-z0-9_.:-]{1,64}$/);
const plain = (description: string) => ({ 200: { description, content: { 'text/plain': { schema: text } } } });

const token = text
  .optional()
  .openapi({ description: "The token that the assignment's first ping got. Empty in a ping: asks for one" });

const task = z
  .object({
    start: z.boolean(),
    taskID: z.union([text, z.int()]).optional().openapi({ description: "The reservation's foreignID" }),
    released: z.boolean().optional().openapi({ description: 'The wait is over; the worker may submit the HIT' }),
  })
  .openapi('Task');

const assignment = z.object({ assignment_id: marketplaceId });

/** Describes the paths that are served without the endpoints' machinery: workers' and operators'. */
export function describeOtherPaths(registry: OpenAPIHono['openAPIRegistry']): void {
  const workers = { tags: ['Workers'], security: [] };
  registry.registerPath(
    createRoute({
      ...workers,
      method: 'get',
      path: '/gettask/assignment/{assignment_id}',
      operationId: 'getTask',
      summary: "Is there a task for this worker? Called by retainer.js on the worker's page",
      request: {
        params: assignment,
        query: z.object({
          token,
          wait: z.number().min(0).max(60).optional().openapi({ description: 'Seconds to hold the answer for a task' }),
        }),
      },
      responses: {
        200: {
          description: 'The same task for ever once there is one',
          content: { 'application/json': { schema: task } },
        },
        ...errorResponses(['400', '403', '404', '503']),
      },
    }),
  );
  registry.registerPath(
    createRoute({
      ...workers,
      method: 'get',
      path: '/wait/assignment/{assignment_id}',
      operationId: 'waitForTask',
      summary: 'The same as server-sent events: task, released',
      request: { params: assignment, query: z.object({ token }) },
      responses: {
        200: { description: 'Events whose data is a Task', content: { 'text/event-stream': { schema: text } } },
        ...errorResponses(['403', '404', '503']),
      },
    }),
  );
  for (const method of ['get', 'post'] as const)
    registry.registerPath(
      createRoute({
        ...workers,
        method,
        path: '/ping/worker/{worker_id}/assignment/{assignment_id}/hit/{hit_id}/event/{ping_type}',
        operationId: `${method}Ping`,
        summary: 'What a worker is at: waiting, or working after the call, or submitting; or not reacting, or gone',
        request: {
          params: z.object({
            worker_id: marketplaceId,
            assignment_id: marketplaceId,
            hit_id: marketplaceId,
            ping_type: PingType,
          }),
          query: z.object({
            token,
            after: z.int().min(0).optional().openapi({ description: 'Milliseconds from the alarm to the response' }),
          }),
        },
        responses: {
          200: {
            description: '`OK`. To who asked for a token, it is in the header',
            content: { 'text/plain': { schema: text } },
            headers: z.object({ 'Retainer-Token': text.optional() }),
          },
          ...errorResponses(['400', '403', '404', '409', '503']),
        },
      }),
    );
  registry.registerPath(
    createRoute({
      ...workers,
      method: 'get',
      path: '/retainer.js',
      operationId: 'script',
      summary: 'The script for landing pages, with the URLs of this installation',
      responses: { 200: { description: 'The script', content: { 'text/javascript': { schema: text } } } },
    }),
  );

  const operation = { method: 'get' as const, tags: ['Operation'], security: [] };
  registry.registerPath(
    createRoute({
      ...operation,
      path: '/healthz',
      operationId: 'alive',
      summary: 'Is the process alive?',
      responses: plain('`OK`'),
    }),
  );
  registry.registerPath(
    createRoute({
      ...operation,
      path: '/readyz',
      operationId: 'ready',
      summary: 'Can it do its work: are the database, the log and the read models well?',
      responses: {
        ...plain('`OK`, and the read models that stand still'),
        503: { description: 'What is not', content: { 'text/plain': { schema: text } } },
      },
    }),
  );
  registry.registerPath(
    createRoute({
      ...operation,
      path: '/metrics',
      operationId: 'metrics',
      summary: 'Figures for Prometheus',
      responses: plain('Text format'),
    }),
  );
}
