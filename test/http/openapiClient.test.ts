import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf } from './client.ts';
import { type House, openHouse } from './house.ts';
import { protoHit } from './wire.ts';

let house: House;
let folder: string;
beforeAll(async () => {
  house = await openHouse();
  folder = await mkdtemp(join(tmpdir(), 'retainer-client-'));
  const description = JSON.parse((await clientOf(house.url).get('openapi.json')).text);
  await writeFile(join(folder, 'api.d.ts'), astToString(await openapiTS(description)));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await house.close();
});

/** What the compiler says of an application that uses the types made from the API's description. */
async function compiled(name: string, application: string): Promise<readonly string[]> {
  const file = join(folder, `${name}.ts`);
  await writeFile(file, application);
  const program = ts.createProgram([file], {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: [], lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'] },
    ...{ module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
  });
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

const USES = `
import type { paths } from './api';
type Body<Path extends keyof paths> = paths[Path] extends { post: { requestBody: { content: { 'application/json': infer Json } } } } ? Json : never;
type Answers = paths['/reservation/{id}/answers']['get']['responses'][200]['content']['application/json'];
`;

test('an application that compiles against the description is one that the service takes', async () => {
  const request = { id: '', foreignID: '42', delay: 0, numAssignments: 1 };
  expect(
    await compiled(
      'right',
      `${USES}
export const made: Body<'/reservation/make'> = ${JSON.stringify({ ...request, id: '01a22e16-b106-7188-b0ad-b84425c95751' })};
export const values = (answers: Answers): string[] => answers.flatMap(({ answer }) => answer?.map(({ value }) => value) ?? []);`,
    ),
  ).toEqual([]);
  const client = clientOf(house.url);
  const { text: id } = await client.post('puttask', protoHit(), { encoding: 'json' });
  expect((await client.post('reservation/make', { ...request, id }, { encoding: 'json' })).status).toBe(200);
});

test.each([
  ['foreignID', `{ id: '01a22e16-b106-7188-b0ad-b84425c95751', delay: 0, numAssignments: 1 }`],
  ['numAssignments', `{ id: '01a22e16-b106-7188-b0ad-b84425c95751', foreignID: '1', delay: 0 }`],
])('one that leaves out %s does not compile', async (name, body) => {
  const said = await compiled(`without-${name}`, `${USES}\nexport const made: Body<'/reservation/make'> = ${body};`);
  expect(said.join()).toContain(name);
});
