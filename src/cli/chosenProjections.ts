import { projections } from '../projections/all.ts';

/** Their names in a row, for usage texts. */
export const projectionNames = projections.map(({ name }) => name).join(', ');

/** The names given, or all of them; null after saying on standard error which does not exist. */
export function chosenProjections(command: string, given: readonly string[]): readonly string[] | null {
  const unknown = given.filter((name) => !projections.some((one) => one.name === name));
  if (unknown.length === 0) return given.length > 0 ? given : projections.map(({ name }) => name);
  process.stderr.write(
    `retainer ${command}: there is no projection "${unknown.join('", "')}"; there are ${projectionNames}\n`,
  );
  return null;
}
