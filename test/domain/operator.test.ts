import { expect, test } from 'vitest';
import {
  addOperator,
  changePassword,
  evolveOperator,
  noOperator,
  noteSignIn,
  noteSignOut,
  type Operator,
  type OperatorEvent,
  OperatorName,
  operatorEvents,
  removeOperator,
} from '../../src/domain/operator.ts';
import { STARTED_AT as at } from '../support/events.ts';
import { specificationOf } from '../support/given.ts';

const given = specificationOf<Operator, OperatorEvent>({ initial: noOperator, evolve: evolveOperator });
const operator = OperatorName.parse('ann');
const added: OperatorEvent = { type: 'OperatorAdded', data: { operator, at } };
const removed: OperatorEvent = { type: 'OperatorRemoved', data: { at } };
const visit = { from: '127.0.0.1', at };

test('an operator is added once; after they were removed the name may be given again', () => {
  given().when(addOperator, added.data).thenEmits(added);
  given(added)
    .when(addOperator, added.data)
    .thenRefused('conflict', /"ann" already/);
  given(added, removed).when(addOperator, added.data).thenEmits(added);
});
test('an operator is removed once', () => {
  given(added).when(removeOperator, { at }).thenEmits(removed);
  given(added, removed).when(removeOperator, { at }).thenNothing();
  given()
    .when(removeOperator, { at })
    .thenRefused('notFound', /no such operator/);
});
test('only an operator has a password to change', () => {
  given(added).when(changePassword, { at }).thenEmits({ type: 'OperatorPasswordChanged', data: { at } });
  given(added, removed)
    .when(changePassword, { at })
    .thenRefused('notFound', /no such operator/);
});
test('what operators do at the door is recorded, and nothing of names that nobody has', () => {
  expect(noteSignIn({ phase: 'active' }, 'OperatorSignedIn', visit)).toMatchObject({
    events: [{ type: 'OperatorSignedIn', data: visit }],
  });
  expect(noteSignIn({ phase: 'active' }, 'OperatorSignInRefused', visit)).toMatchObject({
    events: [{ type: 'OperatorSignInRefused', data: visit }],
  });
  expect(noteSignIn(noOperator, 'OperatorSignInRefused', visit)).toMatchObject({ events: [] });
  expect(noteSignIn({ phase: 'removed' }, 'OperatorSignInRefused', visit)).toMatchObject({ events: [] });
  given(added).when(noteSignOut, { at }).thenEmits({ type: 'OperatorSignedOut', data: { at } });
  given().when(noteSignOut, { at }).thenNothing();
});
test('no secret is in the log', () => {
  for (const schema of Object.values(operatorEvents))
    expect(Object.keys(schema.shape).filter((name) => /password|token|hash|secret/i.test(name))).toEqual([]);
});
test.each(['', 'Ann', 'ann smith', '.ann', 'a'.repeat(65), 'ann@example.com', "ann'"])(
  '%j is no name for one',
  (name) => expect(OperatorName.safeParse(name).success).toBe(false),
);
test.each(['ann', 'ann.smith', 'a', '9', 'ann_2-x'])('%j is', (name) =>
  expect(OperatorName.safeParse(name).success).toBe(true),
);
