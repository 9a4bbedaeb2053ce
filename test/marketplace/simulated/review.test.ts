import {
  ApproveAssignmentCommand,
  CreateHITCommand,
  DeleteHITCommand,
  GetAssignmentCommand,
  ListAssignmentsForHITCommand,
  ListBonusPaymentsCommand,
  NotifyWorkersCommand,
  RejectAssignmentCommand,
  SendBonusCommand,
} from '@aws-sdk/client-mturk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hitRequest } from '../../../src/marketplace/mturk/hitRequest.ts';
import { type Market, order, startMarket } from '../market.ts';

let market: Market;
let sdk: ReturnType<Market['sdk']>;
beforeAll(async () => {
  market = await startMarket();
  sdk = market.sdk();
});
afterAll(() => market.stop());

const WRONG_STATE = { name: 'RequestError', TurkErrorCode: 'AWS.MechanicalTurk.InvalidAssignmentState' };
let workers = 0;
const submitted = async (more: Parameters<typeof order>[0] = {}, answer: Record<string, string> = { result: 'a' }) => {
  const { HIT } = await sdk.send(new CreateHITCommand(hitRequest(order(more))));
  const [HITId, WorkerId] = [HIT?.HITId ?? '', `AREVIEW${++workers}`];
  const AssignmentId = (await market.accept(HITId, WorkerId)) ?? '';
  market.pass(30);
  await market.submit(AssignmentId, answer);
  return { HITId, WorkerId, AssignmentId };
};
const get = async (AssignmentId: string) => (await sdk.send(new GetAssignmentCommand({ AssignmentId }))).Assignment;

test('what was handed in has its times, and the answer as XML that holds whatever was typed', async () => {
  const { AssignmentId, HITId, WorkerId } = await submitted({}, { thoughts: '<b> & "so" on', mood: '' });
  expect(await get(AssignmentId)).toEqual({
    AssignmentId,
    HITId,
    WorkerId,
    AssignmentStatus: 'Submitted',
    AcceptTime: new Date(market.now() - 30_000),
    SubmitTime: new Date(market.now()),
    AutoApprovalTime: new Date(market.now() + 86_400_000),
    Deadline: new Date(market.now() + 570_000),
    Answer: expect.stringMatching(
      /<QuestionFormAnswers .*<QuestionIdentifier>thoughts<\/QuestionIdentifier><FreeText>&lt;b&gt; &amp; "so" on<\/FreeText>.*<FreeText><\/FreeText>/,
    ),
  });
});

test('an assignment that is only held is not shown', async () => {
  const { HIT } = await sdk.send(new CreateHITCommand(hitRequest(order())));
  const AssignmentId = (await market.accept(HIT?.HITId ?? '', 'AHOLDER')) ?? '';
  await expect(get(AssignmentId)).rejects.toMatchObject({
    ...WRONG_STATE,
    message: expect.stringContaining('status of: Reviewable,Approved,Rejected'),
  });
});

test('an approval or a rejection is kept with its time and words, and happens once', async () => {
  const { AssignmentId } = await submitted();
  market.pass(5);
  await sdk.send(new ApproveAssignmentCommand({ AssignmentId, RequesterFeedback: 'Thank you.' }));
  expect(await get(AssignmentId)).toMatchObject({
    AssignmentStatus: 'Approved',
    ApprovalTime: new Date(market.now()),
    RequesterFeedback: 'Thank you.',
  });
  await expect(sdk.send(new ApproveAssignmentCommand({ AssignmentId }))).rejects.toMatchObject({
    ...WRONG_STATE,
    message: expect.stringContaining('status of: Submitted'),
  });
  const rejection = new RejectAssignmentCommand({ AssignmentId, RequesterFeedback: 'No.' });
  await expect(sdk.send(rejection)).rejects.toMatchObject(WRONG_STATE);
});

test('of an approval and a rejection at the same time one wins, and a worker is paid only if it is the approval', async () => {
  for (let round = 0; round < 10; round++) {
    const { AssignmentId } = await submitted();
    const outcomes = await Promise.allSettled([
      sdk.send(new ApproveAssignmentCommand({ AssignmentId })),
      sdk.send(new RejectAssignmentCommand({ AssignmentId, RequesterFeedback: 'No.' })),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { rowCount } = await market.db.query('select from marketplace.payments where assignment_id = $1', [
      AssignmentId,
    ]);
    expect(rowCount).toBe((await get(AssignmentId))?.AssignmentStatus === 'Approved' ? 1 : 0);
  }
});

test('a rejection can be taken back for 30 days, unless the HIT was deleted', async () => {
  const reject = async (AssignmentId: string) =>
    sdk.send(new RejectAssignmentCommand({ AssignmentId, RequesterFeedback: 'The form was empty.' }));
  const override = (AssignmentId: string) =>
    sdk.send(new ApproveAssignmentCommand({ AssignmentId, OverrideRejection: true }));
  const [inTime, late, deleted] = [await submitted(), await submitted(), await submitted()];
  for (const { AssignmentId } of [inTime, late, deleted]) await reject(AssignmentId);
  await expect(sdk.send(new ApproveAssignmentCommand({ AssignmentId: inTime.AssignmentId }))).rejects.toMatchObject(
    WRONG_STATE,
  );
  await override(inTime.AssignmentId);
  expect(await get(inTime.AssignmentId)).toMatchObject({ AssignmentStatus: 'Approved' });
  await sdk.send(new DeleteHITCommand({ HITId: deleted.HITId }));
  await expect(override(deleted.AssignmentId)).rejects.toMatchObject(WRONG_STATE);
  market.pass(31 * 86_400);
  await expect(override(late.AssignmentId)).rejects.toMatchObject(WRONG_STATE);
});

test('work nobody reviews is approved and paid when its delay is over, at once if there is none', async () => {
  const { AssignmentId } = await submitted({ autoApprovalDelaySeconds: 100 });
  market.pass(99);
  expect(await get(AssignmentId)).toMatchObject({ AssignmentStatus: 'Submitted' });
  market.pass(50);
  expect(await get(AssignmentId)).toMatchObject({
    AssignmentStatus: 'Approved',
    ApprovalTime: new Date(market.now() - 49_000),
  });
  const eager = await submitted({ autoApprovalDelaySeconds: 0 });
  expect(await get(eager.AssignmentId)).toMatchObject({ AssignmentStatus: 'Approved' });
});

test('assignments are listed by when they were handed in, those of the wanted states', async () => {
  const { HIT } = await sdk.send(new CreateHITCommand(hitRequest(order({}, { maxAssignments: 3 }))));
  const HITId = HIT?.HITId ?? '';
  const ids: string[] = [];
  for (const worker of ['ALISTA', 'ALISTB', 'ALISTC']) ids.push((await market.accept(HITId, worker)) ?? '');
  for (const id of ids.toReversed()) {
    market.pass(1);
    await market.submit(id);
  }
  await sdk.send(new ApproveAssignmentCommand({ AssignmentId: ids[1] }));
  const list = async (AssignmentStatuses?: ('Submitted' | 'Approved')[]) =>
    (await sdk.send(new ListAssignmentsForHITCommand({ HITId, AssignmentStatuses }))).Assignments?.map(
      (one) => one.AssignmentId,
    );
  expect(await list()).toEqual(ids.toReversed());
  expect(await list(['Approved'])).toEqual([ids[1]]);
  expect(await list(['Submitted'])).toEqual([ids[2], ids[0]]);
});

test('bonuses are listed by HIT and by assignment, and a token makes two calls one', async () => {
  const { AssignmentId, HITId, WorkerId } = await submitted();
  const bonus = { AssignmentId, WorkerId, BonusAmount: '0.30', Reason: 'Quick.', UniqueRequestToken: 'quick-1' };
  await sdk.send(new SendBonusCommand(bonus));
  await expect(sdk.send(new SendBonusCommand(bonus))).rejects.toMatchObject({
    message: expect.stringMatching(/^The idempotency token "quick-1" has already been processed/),
  });
  await sdk.send(new SendBonusCommand({ ...bonus, BonusAmount: '1', UniqueRequestToken: undefined }));
  for (const by of [{ HITId }, { AssignmentId }]) {
    const { BonusPayments = [] } = await sdk.send(new ListBonusPaymentsCommand(by));
    expect(BonusPayments.map(({ BonusAmount }) => BonusAmount)).toEqual(['0.30', '1.00']);
    expect(BonusPayments[0]).toMatchObject({
      WorkerId,
      AssignmentId,
      Reason: 'Quick.',
      GrantTime: new Date(market.now()),
    });
  }
});

test('e-mails reach those whose work was reviewed; the answer names the others', async () => {
  const { AssignmentId, WorkerId } = await submitted();
  await sdk.send(new ApproveAssignmentCommand({ AssignmentId }));
  const { WorkerId: waiting } = await submitted();
  const message = { Subject: 'Again tomorrow', MessageText: 'At ten.', WorkerIds: [WorkerId, waiting, 'ASTRANGER'] };
  const { NotifyWorkersFailureStatuses = [] } = await sdk.send(new NotifyWorkersCommand(message));
  expect(NotifyWorkersFailureStatuses.map((failure) => failure.WorkerId)).toEqual([waiting, 'ASTRANGER']);
});
