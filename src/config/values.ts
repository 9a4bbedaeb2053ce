import { z } from 'zod';
import { isAddressOrNetwork } from '../http/addressOf.ts';

export const text = z.string().trim().min(1);
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/)
    .transform(Number)
    .refine((value) => value >= min && value <= max)
    .meta({ expects: `a whole number from ${min} to ${max}` });
export const number = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/)
    .transform(Number)
    .refine((value) => value >= min && value <= max)
    .meta({ expects: `a number from ${min} to ${max}` });
/** So many, and so many for each hundred, as `2+50%`; one of the two is enough. */
export const numberAndShare = z
  .string()
  .regex(/^(\d{1,4}|(\d{1,4}\+)?\d{1,4}%)$/)
  .meta({ expects: 'a whole number, a share as 50%, or both as 2+50%' });
export const yesOrNo = z
  .enum(['true', 'false', '1', '0', 'yes', 'no'])
  .transform((value) => value === 'true' || value === '1' || value === 'yes')
  .meta({ expects: 'true or false' });
export const addresses = z
  .string()
  .transform((value) => value.split(',').map((written) => written.trim()))
  .refine((written) => written.every(isAddressOrNetwork))
  .meta({ expects: 'addresses or networks as 10.0.0.0/8, with commas between them' });
const listOf = (isRight: (written: string) => boolean, expects: string) =>
  z
    .string()
    .transform((value) => value.split(',').map((written) => written.trim().toLowerCase()))
    .refine((written) => written.every(isRight))
    .meta({ expects });
export const hosts = listOf(
  (written) => /^(\*\.)?[a-z\d._-]+$|^\[[\da-f:.]+\]$/.test(written),
  'host names or addresses without a port, as retainer.example.org or *.example.org, with commas between them',
);
export const origins = listOf(
  (written) => /^https?:/.test(written) && URL.canParse(written) && new URL(written).origin === written,
  'origins as https://status.example.org or http://localhost:3000, with commas between them',
);
export const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values).meta({ expects: values.join(' or ') });
export const url = (...schemes: readonly string[]) =>
  z
    .string()
    .refine((value) => URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1)))
    .meta({ expects: `a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}` });

/** Pages lead to one another by paths from the root, so that the service has a host, or a port, of its own. */
export const publicUrl = url('http', 'https')
  .refine((value) => !URL.canParse(value) || /^\/*$/.test(new URL(value).pathname + new URL(value).search))
  .meta({
    expects:
      'a URL that begins with http:// or https:// and has no path (give the service a host of its own, or a port), as ' +
      'https://retainer.example.org',
  });

/** A cluster's URL names several hosts, which is no URL to others. */
const KURRENT = /^(kurrentdb|kurrent|kdb|esdb)(\+discover)?:\/\/[^\s/?]+/;
export const isLogUrl = (value: string): boolean =>
  KURRENT.test(value) || (URL.canParse(value) && /^postgres(ql)?:/.test(value));

/** What is right where the URL of a log is asked for; completes "must be …". */
export const A_LOG_URL =
  'a URL that begins with postgres:// or kurrentdb:// (or esdb://, kdb://, kurrent://, each also with +discover)';
export const logUrl = z.string().refine(isLogUrl).meta({ expects: A_LOG_URL });

/** What is right for a value of this kind; completes "must be …". */
export const expects = (schema: z.ZodType): string => {
  const meta = z.globalRegistry.get(schema);
  return typeof meta?.['expects'] === 'string' ? meta['expects'] : 'a text that is not empty';
};
