import { z } from 'zod';
import type { HandedInAnswer } from '../../domain/answer.ts';
import { boundedAnswer } from '../../domain/answer.ts';
import { xmlReader } from '../xml.ts';

const read = xmlReader({ many: ['Answer', 'FreeText', 'SelectionIdentifier', 'OtherSelectionText'] });

/** Several values of one field are one text: as Mechanical Turk gives them out. */
const BETWEEN_VALUES = '|';

const Text = z.union([z.string(), z.object({}).transform(() => '')]).catch('');
const Texts = z.array(Text).default([]);
const QuestionFormAnswers = z.object({
  QuestionFormAnswers: z.object({
    Answer: z
      .array(
        z.object({
          QuestionIdentifier: Text,
          FreeText: Texts,
          SelectionIdentifier: Texts,
          OtherSelectionText: Texts,
          UploadedFileKey: Text.optional(),
        }),
      )
      .default([]),
  }),
});

/**
 * Returns what a worker's form held, from MTurk's QuestionFormAnswers (2005-10-01); undefined if it is not that. What is
 * beyond `limitBytes` is cut, and said to be: the log keeps answers for ever.
 */
export function readAnswer(xml: string | undefined, limitBytes: number): HandedInAnswer | undefined {
  if (xml === undefined) return undefined;
  try {
    const { data } = QuestionFormAnswers.safeParse(read(xml));
    if (data === undefined) return undefined;
    const fields = data.QuestionFormAnswers.Answer.map(
      ({ QuestionIdentifier: field, FreeText, SelectionIdentifier, OtherSelectionText, UploadedFileKey }) => ({
        field,
        value: [
          ...[...FreeText, ...SelectionIdentifier, ...OtherSelectionText],
          ...(UploadedFileKey === undefined ? [] : [UploadedFileKey]),
        ].join(BETWEEN_VALUES),
      }),
    );
    return boundedAnswer(fields, limitBytes);
  } catch {
    // Not XML: what was handed in is told by the marketplace's own pages, and the work counts all the same.
    return undefined;
  }
}
