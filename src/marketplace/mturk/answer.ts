import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import type { Answer } from '../../domain/assignment.ts';

const MOST_FIELDS = 50;
const LONGEST_FIELD = 255;
const LONGEST_VALUE = 4_096;

const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  isArray: (name) => name === 'Answer',
});

const Text = z.union([z.string(), z.object({}).transform(() => '')]).catch('');
const QuestionFormAnswers = z.object({
  QuestionFormAnswers: z.object({
    Answer: z.array(z.object({ QuestionIdentifier: z.string(), FreeText: Text.optional() })).default([]),
  }),
});

/**
 * What a worker's form held, from MTurk's QuestionFormAnswers (2005-10-01); undefined if it is not that. Long ones are
 * cut: the log keeps them for ever.
 */
export function readAnswer(xml: string | undefined): Answer | undefined {
  if (xml === undefined) return undefined;
  try {
    const read = QuestionFormAnswers.safeParse(parser.parse(xml));
    return read.data?.QuestionFormAnswers.Answer.slice(0, MOST_FIELDS).map(({ QuestionIdentifier, FreeText = '' }) => ({
      field: cut(QuestionIdentifier, LONGEST_FIELD),
      value: cut(FreeText, LONGEST_VALUE),
    }));
  } catch {
    // Not XML: what was handed in is told by the marketplace's own pages, and the work counts all the same.
    return undefined;
  }
}

/** A cut may go through a pair of surrogates, and half of one is no text that a database takes. */
const cut = (text: string, longest: number): string => text.slice(0, longest).toWellFormed();
