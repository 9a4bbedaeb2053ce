import { type Answer, problem } from './answers.ts';
import { about, foreignId } from './fields.ts';
import { shown } from './soundness.ts';

/** The original's clients write it both ways. */
export const foreignIdFields = {
  foreignID: about("The application's own name for its thing; workers' pages get it as taskID", foreignId).optional(),
  foreign_id: about('The same as foreignID', foreignId).optional(),
};

type Given = { readonly foreignID?: string | undefined; readonly foreign_id?: string | undefined };

export const givenForeignId = (given: Given): string | undefined => given.foreignID ?? given.foreign_id;

/** Who says both and means two things is told so. Null: it is one thing, or none. */
export const twoForeignIds = ({ foreignID, foreign_id }: Given): Answer | null =>
  foreignID !== undefined && foreign_id !== undefined && foreignID !== foreign_id
    ? problem(
        400,
        `foreignID and foreign_id are two names of one thing, got ${shown(foreignID)} and ${shown(foreign_id)}`,
      )
    : null;

export const NO_FOREIGN_ID: Answer = problem(400, 'foreignID is missing: it must be a text of at most 255 characters');
