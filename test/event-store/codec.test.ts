import { expect, test } from 'vitest';
import { currentVersion, decode, type StoredEvent, UnreadableEvent } from '../../src/event-store/codec.ts';
import { toPosition } from '../../src/event-store/postgres/position.ts';

const stored = (changes: Partial<StoredEvent> = {}): StoredEvent => ({
  position: toPosition(7),
  stream: 'reservation-1',
  revision: 3,
  id: '00000000-0000-7000-8000-000000000001',
  type: 'ReservationInvoked',
  version: 1,
  data: { foreignId: '42', at: 1 },
  metadata: { actor: 'anyone', correlationId: 'a', causationId: 'b' },
  recordedAt: 1,
  ...changes,
});

test('an event that fits its schema is decoded', () => {
  expect(decode(stored())).toMatchObject({ type: 'ReservationInvoked', data: { foreignId: '42' }, revision: 3 });
});

test.each([
  [
    'a type nobody knows',
    stored({ type: 'ReservationForgotten' }),
    /^ReservationForgotten in .*knows no such event type$/,
  ],
  ['a version from the future', stored({ version: 2 }), /newer version/],
  ['data that does not fit', stored({ data: { foreignId: 42, at: 1 } }), /foreignId/],
  ['data that is missing', stored({ data: {} }), /foreignId.*at|at.*foreignId/],
])('%s is an error that names type, stream, revision and position', (_, event, message) => {
  expect(() => decode(event)).toThrow(UnreadableEvent);
  expect(() => decode(event)).toThrow(message);
  expect(() => decode(event)).toThrow(/reservation-1, revision 3, position 0+7, cannot be understood: /);
});

test('older data is upcast step by step to the shape of today', () => {
  const upcasters = {
    ReservationInvoked: [
      (data: unknown) => ({ ...(data as object), foreignId: String((data as { foreign: number }).foreign) }),
      (data: unknown) => ({ ...(data as object), at: (data as { seconds: number }).seconds * 1000 }),
    ],
  };
  expect(currentVersion('ReservationInvoked', upcasters)).toBe(3);
  expect(decode(stored({ version: 1, data: { foreign: 42, seconds: 5 } }), upcasters).data).toEqual({
    foreignId: '42',
    at: 5000,
  });
  expect(decode(stored({ version: 2, data: { foreignId: '42', seconds: 5 } }), upcasters).data).toEqual({
    foreignId: '42',
    at: 5000,
  });
  expect(() => decode(stored({ version: 4 }), upcasters)).toThrow(/newer version/);
});

test('a key from before scopes could do all there was', () => {
  const issued = { apiKeyId: '00000005-0000-7000-8000-000000000001', label: 'app', at: 1 };
  const event = decode(stored({ type: 'ApiKeyIssued', stream: 'apiKey-1', version: 1, data: issued }));
  expect(event.data).toEqual({ ...issued, scopes: ['commands', 'read', 'audit'], protoHitId: null });
});

test('workers from before tokens were unsigned, and their pages did not say how long they took', () => {
  const arrived = {
    ...{ assignmentId: 'A1', workerId: 'W1', hitId: '00000006-0000-7000-8000-000000000001', marketplaceHitId: 'H1' },
    ...{ protoHitId: '00000001-0000-7000-8000-000000000001', recruitedFor: null, at: 1 },
  };
  const arrival = decode(stored({ type: 'WorkerArrived', stream: 'assignment-A1', version: 1, data: arrived }));
  expect(arrival.data).toEqual({ ...arrived, isSigned: false });
  const responded = { reservationId: '00000002-0000-7000-8000-000000000001', afterMs: 900, at: 1 };
  const response = decode(stored({ type: 'WorkerResponded', stream: 'assignment-A1', version: 1, data: responded }));
  expect(response.data).toEqual({ ...responded, reactedAfterMs: null });
});
