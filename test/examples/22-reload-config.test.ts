import { expect, test } from 'vitest';
import { sandbox } from '../helpers/sandbox.ts';
import { example } from './example.ts';

test('22-reload-config: a new configuration is taken, a broken one is not', async () => {
  const box = sandbox();
  expect(await box.launch(example(box, '22-reload-config'), { cwd: '/' })).toMatchObject({
    code: 0,
    stderr: '',
    stdout: ['greeting: hello', 'greeting: good evening', 'keeping the old configuration: SyntaxError', 'greeting: good evening', ''].join(
      '\n',
    ),
  });
});
