import { describe, expect, test } from 'vitest';
import { runRetainer } from '../faults/serviceProcess.ts';

describe('what is misspelt on the command line is told what was probably meant', () => {
  test.each([
    [['chekc'], 'retainer: there is no command "chekc"; did you mean check?'],
    [['key', 'issue', '--scopes', 'read'], 'retainer key: there is no option --scopes; did you mean --scope?'],
    [['serve', '--port', '1'], 'retainer serve: there is no option --port: it is a setting, PORT=… in the environment'],
    [['serve', '-p', '1'], 'retainer serve: there is no option -p; there is --help'],
  ])('%j', async (words, said) => {
    const { code, stderr } = await runRetainer(words, {});
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(said) });
  });
});
