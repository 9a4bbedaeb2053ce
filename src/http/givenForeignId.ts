import { type Answer, problem } from './answers.ts';
import { about, foreignId } from './fields.ts';

/** The original's clients write it both ways. */
export const foreignIdFields = {
  foreignID: about("The application's own name for its thing; workers' pages get it as taskID", foreignId).optional(),
  foreign_id: about('The same as foreignID', foreignId).optional(),
};

export const givenForeignId = (given: {
  readonly foreignID?: string | undefined;
  readonly foreign_id?: string | undefined;
}): string | undefined => given.foreignID ?? given.foreign_id;

export const NO_FOREIGN_ID: Answer = problem(400, 'foreignID is missing: it must be a text of at most 255 characters');
