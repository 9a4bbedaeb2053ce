import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

/** The compose files were read here as Docker would read them; no container was started. */
const Service = z.looseObject({
  image: z.string().optional(),
  build: z.string().optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  read_only: z.boolean().optional(),
  ports: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string().nullable()).optional(),
  volumes: z.array(z.string()).optional(),
  networks: z.unknown().optional(),
  depends_on: z.union([z.array(z.string()), z.record(z.string(), z.unknown())]).optional(),
});
const File = z.object({
  services: z.record(z.string(), Service),
  volumes: z.record(z.string(), z.unknown()),
  networks: z.record(z.string(), z.unknown()).optional(),
});

const read = (file: string) => {
  const text = readFileSync(file, 'utf8');
  return { text, ...File.parse(parse(text, { merge: true })) };
};
const base = read('docker-compose.yml');
const cluster = read('docker-compose.cluster.yml');
const files = Object.entries({ base, cluster });
const services = files.flatMap(([file, { services }]) =>
  Object.entries(services).map(([name, service]) => ({ file, name, service })),
);

describe.each(services)('$name ($file)', ({ service }) => {
  test('may gain no right and keeps none that it does not name', () => {
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toContain('no-new-privileges:true');
  });

  test('is published on this machine alone, if at all', () => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  test('writes nowhere but to its volumes, if it is ours', () => {
    if (service.build !== undefined) expect(service.read_only).toBe(true);
  });

  test('starts nothing open', () => {
    const openApi = service.environment?.['OPEN_API'];
    if (service.build !== undefined) expect(openApi).toMatch(/^\$\{OPEN_API:-false\}$/);
  });
});

test.each(files)('no password of %s has a value that everybody knows', (_, { text }) => {
  const passwords = text.match(/\$\{\w*PASSWORD[^}]*\}/g) ?? [];
  expect(passwords.length).toBeGreaterThan(0);
  for (const password of passwords) expect(password).toMatch(/^\$\{\w+_PASSWORD:\?.+\}$/);
});

test('one who starts the small one is asked for no password of the cluster', () => {
  expect(base.text).not.toContain('KURRENTDB_PASSWORD');
});

test('what the services name is there', () => {
  const known = { ...base.services, ...cluster.services };
  const volumes = { ...base.volumes, ...cluster.volumes };
  for (const { service } of services) {
    const wanted = service.depends_on ?? [];
    for (const name of Array.isArray(wanted) ? wanted : Object.keys(wanted)) expect(known).toHaveProperty(name);
    for (const volume of service.volumes ?? [])
      if (!volume.startsWith('.')) expect(volumes).toHaveProperty(volume.split(':')[0] ?? '');
  }
});
