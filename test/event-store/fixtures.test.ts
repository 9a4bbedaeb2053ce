import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type EventType, eventSchemas } from '../../src/domain/event.ts';
import { currentVersion, decode } from '../../src/event-store/codec.ts';
import { toPosition } from '../../src/event-store/postgres/position.ts';

/** An event's data as some version of the service wrote it; `today`: as it is read now, if that is not the same. */
const Fixture = z.strictObject({
  type: z.string(),
  version: z.number().int().min(1),
  data: z.record(z.string(), z.unknown()),
  today: z.record(z.string(), z.unknown()).optional(),
});
type Fixture = z.infer<typeof Fixture>;

const FOLDER = 'test/event-store/fixtures';
const types = Object.keys(eventSchemas) as EventType[];

let fixtures: readonly Fixture[];
beforeAll(async () => {
  const files = await readdir(FOLDER);
  const texts = await Promise.all(files.map((file) => readFile(join(FOLDER, file), 'utf8')));
  fixtures = texts.flatMap((text) => z.array(Fixture).parse(JSON.parse(text)));
});

const of = (type: EventType, version = currentVersion(type)): readonly Fixture[] =>
  fixtures.filter((fixture) => fixture.type === type && fixture.version === version);

const read = ({ type, version, data }: Fixture) =>
  decode({
    position: toPosition(7),
    stream: 'a-stream',
    revision: 3,
    id: '00000000-0000-7000-8000-000000000001',
    type,
    version,
    data,
    metadata: { actor: 'anyone', correlationId: 'a', causationId: 'b' },
    recordedAt: 1,
  }).data;

test('there is a fixture of every version in which data of a type was ever written', () => {
  const missing = types.flatMap((type) =>
    Array.from({ length: currentVersion(type) }, (_, n) => n + 1).flatMap((version) =>
      of(type, version).length === 0 ? [`${type}, version ${version}`] : [],
    ),
  );
  expect(missing).toEqual([]);
  expect(fixtures.filter(({ type }) => !types.includes(type as EventType))).toEqual([]);
});

test('what any version wrote is read in the shape of today, and nothing of it is lost', () => {
  for (const fixture of fixtures) expect(read(fixture), fixture.type).toEqual(fixture.today ?? fixture.data);
});

test('older versions are there with what became of them', () => {
  const older = fixtures.filter(({ type, version }) => version < currentVersion(type));
  expect(older.filter(({ today }) => today === undefined)).toEqual([]);
});

/** A schema without what may be wrapped around it. */
const inside = (schema: z.core.$ZodType): z.core.$ZodType =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? inside(schema.unwrap()) : schema;

test.each(types)('%s has fixtures with and without what may be missing, and of every word it may say', (type) => {
  const { shape } = eventSchemas[type];
  const missing = Object.entries<z.core.$ZodType>(shape).flatMap(([field, schema]) => {
    const written = of(type).map(({ data }) => data[field]);
    const kind = inside(schema);
    return [
      ...(schema instanceof z.ZodOptional && !written.includes(undefined) ? [`no ${field}`] : []),
      ...(schema instanceof z.ZodOptional && written.every((one) => one === undefined) ? [`a ${field}`] : []),
      ...(schema instanceof z.ZodNullable && !written.includes(null) ? [`${field}: null`] : []),
      ...(schema instanceof z.ZodNullable && written.every((one) => one === null) ? [`a ${field}`] : []),
      ...(kind instanceof z.ZodEnum
        ? kind.options.filter((word) => !written.includes(word)).map((word) => `${field}: ${word}`)
        : []),
    ];
  });
  expect(missing).toEqual([]);
});
