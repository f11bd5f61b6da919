import { expect, test } from 'vitest';
import { sandbox } from '../helpers/sandbox.ts';
import { example } from './example.ts';

test('21-graceful-http: a request in flight is answered in full, and then the daemon ends', async () => {
  const box = sandbox();
  expect(await box.launch(example(box, '21-graceful-http'), { cwd: '/' })).toMatchObject({
    code: 0,
    stderr: '',
    stdout: [
      'answered with 200; stopping the daemon',
      'the request in flight: begun, and finished',
      'stopped by SIGTERM; running: false',
      '',
    ].join('\n'),
  });
});
